package dev.creek.consumer.stream.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.GroupWriter;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.PartException;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.wire.Change;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A target in memory: for each table the transactions of its changes, in the order of their
 * commits, and its position. It breaks at random, as often as it may.
 */
final class ModelTarget {
  private final Random random;
  private int faults;
  private final Map<SourceTable, List<Long>> applied = new HashMap<>();
  private final Map<SourceTable, Position> positions = new HashMap<>();

  /** The transactions of each commit, by table. */
  private final List<Map<SourceTable, List<Long>>> commits = new ArrayList<>();

  private final Blame blame;

  /** Stream sequence up to which one call must write one table. */
  private long inOrderUntil;

  /** Something was refused in order; until the next commit all is accepted as a whole. */
  private boolean refused;

  /** The tables that its faults name. */
  private enum Blame {
    ONE_OR_NOBODY,
    NOBODY,
    /** One of several, whose row refers to another's. */
    ORDER,
    /**
     * The same, and then one in the order of the source, once: a part of a transaction is missing.
     */
    PART
  }

  ModelTarget(long seed, int faults) {
    this(seed, faults, Blame.ONE_OR_NOBODY);
  }

  private ModelTarget(long seed, int faults, Blame blame) {
    this.random = new Random(seed);
    this.faults = faults;
    this.blame = blame;
  }

  /** Its faults are no table's. */
  static ModelTarget breakingForAll(long seed, int faults) {
    return new ModelTarget(seed, faults, Blame.NOBODY);
  }

  /** Its faults come from the order of tables in a batch; then it wants the order of the source. */
  static ModelTarget mindingOrder(long seed, int faults) {
    return new ModelTarget(seed, faults, Blame.ORDER);
  }

  /** Its faults come from parts of transactions: they are refused as a whole and in order. */
  static ModelTarget missingParts(long seed, int faults) {
    return new ModelTarget(seed, faults, Blame.PART);
  }

  synchronized Position position(SourceTable table) {
    return positions.getOrDefault(table, Position.NONE);
  }

  /** The source transaction of each change of a table, as they were committed. */
  synchronized List<Long> applied(SourceTable table) {
    return List.copyOf(applied.getOrDefault(table, List.of()));
  }

  /** The ids of the source transactions of each commit. */
  synchronized List<Map<SourceTable, List<Long>>> commits() {
    return List.copyOf(commits);
  }

  /** The table holds everything of this log. */
  synchronized void hasSnapshot(SourceTable table, LogState log) {
    positions.put(table, new Position(log.stream(), log.lastSequence(), 0, null));
  }

  private synchronized boolean breaks() {
    boolean now = faults > 0 && random.nextInt(10) == 0;
    faults -= now ? 1 : 0;
    return now;
  }

  private synchronized int any(int bound) {
    return random.nextInt(bound);
  }

  private static DatabaseException error(String state) {
    return new DatabaseException("says the test", state, null, null, null);
  }

  Writer writer(SourceTable table) {
    return new Writer(table);
  }

  /** A table's writer. */
  final class Writer implements TableWriter {
    private final SourceTable table;
    private boolean unusable;

    Writer(SourceTable table) {
      this.table = table;
    }

    private record Work(@Override Batch batch) implements Prepared {}

    @Override
    public Mono<Prepared> prepare(Batch batch) {
      return blame == Blame.NOBODY && breaks()
          ? Mono.error(error("08006"))
          : Mono.just(new Work(batch));
    }

    @Override
    public Mono<Applied> apply(Prepared prepared) {
      return Mono.error(new UnsupportedOperationException());
    }

    @Override
    public Mono<Void> close() {
      return Mono.fromRunnable(() -> unusable = true);
    }
  }

  GroupWriter groupWriter() {
    return new Together();
  }

  private final class Together implements GroupWriter {
    private final Map<Writer, List<Batch>> open = new HashMap<>();

    @Override
    public Mono<List<Applied>> apply(List<Part> parts, boolean endsTransaction) {
      return Mono.defer(() -> now(parts, endsTransaction)).subscribeOn(Schedulers.parallel());
    }

    private Mono<List<Applied>> now(List<Part> parts, boolean ends) {
      for (Part part : parts) {
        Writer writer = (Writer) part.writer();
        assertThat(writer.unusable).as("unusable writer of " + writer.table).isFalse();
        assertThat(part.prepared().batch().endsTransaction()).isEqualTo(ends);
        open.computeIfAbsent(writer, w -> new ArrayList<>()).add(part.prepared().batch());
      }
      if (blame == Blame.PART && isInOrder(parts)) {
        refused = true;
        inOrderUntil = 0;
        return refuse(new PartException(parts.get(0).writer(), error("23503")));
      }
      if (isInOrder(parts)) {
        assertThat(parts.stream().filter(part -> !changes(part).isEmpty()).toList()).hasSize(1);
      } else if (mayBreak(parts) && breaks()) {
        return refuse(fault(parts));
      }
      if (!ends) {
        return Mono.empty();
      }
      assertThat(parts).as("all tables of the transaction").hasSameSizeAs(open.keySet());
      commit();
      return Mono.just(parts.stream().map(part -> applied(part.prepared().batch())).toList());
    }

    private boolean mayBreak(List<Part> parts) {
      return switch (blame) {
        case ORDER -> parts.size() > 1;
        case PART -> parts.size() > 1 && !refused;
        default -> true;
      };
    }

    private Mono<List<Applied>> refuse(Throwable fault) {
      open.keySet().forEach(writer -> writer.unusable = true);
      open.clear();
      return Mono.error(fault);
    }

    private Throwable fault(List<Part> parts) {
      Part one = parts.get(any(parts.size()));
      if (blame == Blame.ORDER || blame == Blame.PART) {
        inOrderUntil = one.prepared().batch().position().sequence();
      }
      return switch (blame) {
        case ORDER, PART -> new PartException(one.writer(), error("23503"));
        case NOBODY -> error("08006");
        case ONE_OR_NOBODY ->
            any(2) == 0 ? new PartException(one.writer(), error("XX000")) : error("08006");
      };
    }

    private boolean isInOrder(List<Part> parts) {
      return parts.stream()
          .flatMap(part -> changes(part).stream())
          .anyMatch(change -> change.sequence() <= inOrderUntil);
    }

    private List<Change> changes(Part part) {
      return part.prepared().batch().changes();
    }

    private void commit() {
      synchronized (ModelTarget.this) {
        Map<SourceTable, List<Long>> transactions = new HashMap<>();
        open.forEach(
            (writer, batches) -> {
              List<Change> changes = batches.stream().flatMap(b -> b.changes().stream()).toList();
              changes.forEach(change -> add(writer.table, change));
              transactions.put(
                  writer.table, changes.stream().map(Change::transactionId).distinct().toList());
              move(writer.table, batches.get(batches.size() - 1).position());
            });
        commits.add(transactions);
        refused = false;
        open.clear();
      }
    }

    private void add(SourceTable table, Change change) {
      assertThat(change.sequence()).as("of " + table).isGreaterThan(position(table).sequence());
      applied.computeIfAbsent(table, t -> new ArrayList<>()).add(change.transactionId());
    }

    private void move(SourceTable table, Position to) {
      assertThat(to.sequence()).isGreaterThan(position(table).sequence());
      positions.put(table, to);
    }

    private Applied applied(Batch batch) {
      return new Applied(batch.position(), batch.changes().size(), 0, 0, 0);
    }

    @Override
    public Mono<List<TableWriter>> move(Map<TableWriter, Position> to) {
      return Mono.fromCallable(
          () -> {
            synchronized (ModelTarget.this) {
              assertThat(open).isEmpty();
              for (TableWriter each : to.keySet()) {
                Writer writer = (Writer) each;
                assertThat(writer.unusable).as("unusable writer of " + writer.table).isFalse();
              }
              to.forEach((writer, position) -> move(((Writer) writer).table, position));
              return List.copyOf(to.keySet());
            }
          });
    }

    @Override
    public Mono<Void> close() {
      return Mono.fromRunnable(open::clear);
    }
  }
}
