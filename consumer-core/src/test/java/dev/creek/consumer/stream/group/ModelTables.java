package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.GroupWriter;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.stream.TargetTables;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;
import reactor.core.publisher.Mono;

/** The tables of a {@link ModelTarget}, of which a group needs only the writer. */
record ModelTables(ModelTarget target) implements TargetTables {
  @Override
  public GroupWriter groupWriter() {
    return target.groupWriter();
  }

  @Override
  public Mono<Claim> claim(Mapping mapping) {
    return unused();
  }

  @Override
  public Mono<Claim> takeOver(Mapping mapping) {
    return unused();
  }

  @Override
  public Mono<Boolean> release(Claim claim) {
    return unused();
  }

  @Override
  public TableWriter writer(Claim claim, Mono<WalSchema> newest) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Mono<Boolean> report(Claim claim, TableState state) {
    return unused();
  }

  @Override
  public Mono<Boolean> mark(Claim claim, Incompleteness mark) {
    return unused();
  }

  @Override
  public Mono<Void> look(List<Claim> claims) {
    return unused();
  }

  @Override
  public Mono<Boolean> createTable(TargetTable table, WalSchema schema) {
    return unused();
  }

  @Override
  public Mono<Boolean> createTable(TargetTable table, RecordShape snapshot) {
    return unused();
  }

  private static <T> Mono<T> unused() {
    return Mono.error(new UnsupportedOperationException());
  }
}
