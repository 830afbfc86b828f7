package dev.creek.consumer;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.StartFrom;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.control.Operations;
import dev.creek.consumer.stream.Diagnosis;
import dev.creek.consumer.stream.SnapshotOrder;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What commands are carried out with: the operations of the facade. */
final class FacadeOperations implements Operations {
  private final CreekConsumer consumer;

  FacadeOperations(CreekConsumer consumer) {
    this.consumer = consumer;
  }

  @Override
  public Mono<Boolean> createTable(Mapping mapping) {
    return consumer.createTable(mapping);
  }

  @Override
  public Mono<?> addTable(Mapping mapping) {
    return consumer.addTable(mapping);
  }

  @Override
  public Mono<?> addTable(Mapping mapping, StartFrom from) {
    return consumer.addTable(mapping, from);
  }

  @Override
  public Mono<Boolean> removeTable(TargetTable table) {
    return consumer.removeTable(table);
  }

  @Override
  public Flux<SnapshotProgress> snapshot(Mapping mapping, SnapshotMode mode, Mono<Void> unwanted) {
    return consumer.carryOut(new SnapshotOrder(mapping, mode, null, false), unwanted);
  }

  @Override
  public Flux<SnapshotProgress> applySnapshot(
      String subject, Mapping mapping, SnapshotMode mode, Mono<Void> unwanted) {
    return consumer.carryOut(new SnapshotOrder(mapping, mode, subject, false), unwanted);
  }

  @Override
  public Mono<Boolean> resumeTable(TargetTable table) {
    return consumer.resumeTable(table);
  }

  @Override
  public Mono<String> skipChange(TargetTable table, long sequence) {
    return consumer.skipChange(table, sequence);
  }

  @Override
  public Duration producerWait() {
    return consumer.producerWait();
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
