package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.GroupWriter;
import dev.creek.consumer.stream.PartException;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.stream.TargetTables;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import reactor.core.publisher.Mono;

/**
 * A target that breaks at random, between any two steps: before the write, and after it when only
 * the answer is lost. Bounded, so that a test ends.
 */
final class FaultyTargets implements TargetTables {
  private final TargetTables real;
  private final Random random;
  private int left;

  FaultyTargets(TargetTables real, long seed, int faults) {
    this.real = real;
    this.random = new Random(seed);
    this.left = faults;
  }

  /** Whether to break now, once in {@code odds}. */
  synchronized boolean breaks(int odds) {
    if (left > 0 && random.nextInt(odds) == 0) {
      left--;
      return true;
    }
    return false;
  }

  private <T> Mono<T> maybe(int odds, Mono<T> step) {
    return Mono.defer(() -> breaks(odds) ? Mono.error(broken()) : step);
  }

  private static DatabaseException broken() {
    return new DatabaseException("the connection broke, says the test", "08006", null, null, null);
  }

  @Override
  public Mono<Claim> claim(Mapping mapping) {
    return maybe(5, real.claim(mapping));
  }

  @Override
  public Mono<Claim> takeOver(Mapping mapping) {
    return maybe(5, real.takeOver(mapping));
  }

  @Override
  public Mono<Boolean> release(Claim claim) {
    return maybe(5, real.release(claim));
  }

  @Override
  public Mono<Boolean> report(Claim claim, TableState state) {
    return Mono.defer(() -> isLost() ? Mono.error(broken()) : maybe(5, real.report(claim, state)));
  }

  /** States are stored again and again, so their losses need no bound. */
  private synchronized boolean isLost() {
    return random.nextInt(3) == 0;
  }

  @Override
  public Mono<Boolean> mark(Claim claim, Incompleteness mark) {
    return maybe(5, real.mark(claim, mark));
  }

  @Override
  public Mono<Void> look(List<Claim> claims) {
    return maybe(5, real.look(claims));
  }

  @Override
  public Mono<Boolean> createTable(TargetTable target, WalSchema schema) {
    return real.createTable(target, schema);
  }

  @Override
  public Mono<Boolean> createTable(TargetTable target, RecordShape snapshot) {
    return Mono.error(new UnsupportedOperationException());
  }

  @Override
  public TableWriter writer(Claim claim, Mono<WalSchema> newest) {
    return new Faulty(real.writer(claim));
  }

  /** A table's writer, which breaks where a group does not use it, too. */
  private final class Faulty implements TableWriter {
    final TableWriter writer;

    Faulty(TableWriter writer) {
      this.writer = writer;
    }

    @Override
    public Mono<Prepared> prepare(Batch batch) {
      return maybe(20, writer.prepare(batch));
    }

    @Override
    public Mono<Applied> apply(Prepared prepared) {
      return maybe(8, writer.apply(prepared)).flatMap(applied -> maybe(8, Mono.just(applied)));
    }

    @Override
    public Mono<Void> close() {
      return writer.close();
    }
  }

  @Override
  public GroupWriter groupWriter() {
    GroupWriter writer = real.groupWriter();
    return new GroupWriter() {
      @Override
      public Mono<List<Applied>> apply(List<Part> parts, boolean endsTransaction) {
        List<Part> those =
            parts.stream()
                .map(part -> new Part(((Faulty) part.writer()).writer, part.prepared()))
                .toList();
        return maybe(8, writer.apply(those, endsTransaction))
            .flatMap(applied -> maybe(8, Mono.just(applied)))
            .onErrorMap(PartException.class, e -> blamed(e, parts));
      }

      @Override
      public Mono<List<TableWriter>> move(Map<TableWriter, Position> positions) {
        Map<TableWriter, TableWriter> ours = new HashMap<>();
        Map<TableWriter, Position> those = new HashMap<>();
        positions.forEach(
            (faulty, position) -> {
              TableWriter one = ((Faulty) faulty).writer;
              ours.put(one, faulty);
              those.put(one, position);
            });
        return maybe(8, writer.move(those)).map(moved -> moved.stream().map(ours::get).toList());
      }

      @Override
      public Mono<Void> close() {
        return writer.close();
      }
    };
  }

  private static PartException blamed(PartException e, List<GroupWriter.Part> parts) {
    return parts.stream()
        .map(GroupWriter.Part::writer)
        .filter(faulty -> ((Faulty) faulty).writer == e.writer())
        .findFirst()
        .map(faulty -> new PartException(faulty, e.getCause()))
        .orElse(e);
  }
}
