package dev.creek.consumer;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.StartFrom;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.control.Operations;
import dev.creek.consumer.stream.Diagnosis;
import dev.creek.consumer.stream.SnapshotOrder;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The work that commands stand for. */
final class CommandActions implements Operations {
  private final ConsumerOptions options;
  private final Tables tables;
  private final Runs runs;

  CommandActions(ConsumerOptions options, Tables tables, Runs runs) {
    this.options = options;
    this.tables = tables;
    this.runs = runs;
  }

  @Override
  public Mono<Boolean> createTable(Mapping mapping) {
    return tables.create(mapping);
  }

  @Override
  public Mono<?> addTable(Mapping mapping, @Nullable String group) {
    return tables.add(mapping, group);
  }

  @Override
  public Mono<?> addTable(Mapping mapping, StartFrom from, @Nullable String group) {
    return tables.add(mapping, from, group);
  }

  @Override
  public Mono<Boolean> setGroup(TargetTable table, @Nullable String group) {
    return tables.setGroup(table, group);
  }

  @Override
  public Mono<String> schemaDiff(Mapping mapping) {
    return tables
        .differences(mapping)
        .collectList()
        .map(differences -> SchemaDifference.script(mapping, differences));
  }

  @Override
  public Mono<Boolean> removeTable(TargetTable table) {
    return tables.remove(table);
  }

  @Override
  public Flux<SnapshotProgress> snapshot(Mapping mapping, SnapshotMode mode, Mono<Void> unwanted) {
    return runs.carryOut(SnapshotOrder.toTake(mapping, mode), unwanted);
  }

  @Override
  public Flux<SnapshotProgress> fill(Mapping mapping, List<String> columns, Mono<Void> unwanted) {
    return runs.carryOut(SnapshotOrder.toFill(mapping, columns), unwanted);
  }

  @Override
  public Flux<SnapshotProgress> applySnapshot(
      String subject, Mapping mapping, SnapshotMode mode, Mono<Void> unwanted) {
    return runs.carryOut(SnapshotOrder.toApply(subject, mapping, mode), unwanted);
  }

  @Override
  public Mono<Boolean> resumeTable(TargetTable table) {
    return tables.resume(table);
  }

  @Override
  public Mono<String> skipChange(TargetTable table, long sequence) {
    return tables.skip(table, sequence);
  }

  @Override
  public Duration producerWait() {
    return options.snapshots().producerWait();
  }

  @Override
  public Failure failure(Throwable error, TargetTable table) {
    Diagnosis diagnosis = Diagnosis.of(error, table);
    String hint = diagnosis.hint();
    return new Failure(
        hint == null ? diagnosis.reason() : diagnosis.reason() + ". Hint: " + hint,
        diagnosis.prospect());
  }
}
