package dev.creek.consumer.source;

import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SourceException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.Horizon.Judgement;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

/**
 * Leaves out what a snapshot holds although numbers and times do not prove it, of tables with a
 * key: its rows show it. They are read once more for that, and only if there is such a change.
 *
 * <p>A transaction is left out if each of its rows is in the snapshot as it left it, or as a later
 * one of the same doubt did, and if all before it were left out. So leaving it out cannot lose
 * anything: the program has these rows. The first one of which this is not true comes, and
 * everything behind it.
 *
 * <p>Batches wait here until a transaction shows that nothing behind it is in doubt, as long as
 * more is on its way, and at most as much as a large transaction. If it does not come, the later
 * ones of the doubt are unknown: then what rows do not prove comes with a mark. Since they might
 * prove it at a restart, when more has come, {@link SnapshotHoldings#passes} says that they are not
 * to be asked again.
 *
 * <p>For one subscription; batches come one at a time.
 */
final class HeldByRows {
  private static final int ONE_AHEAD = 1;

  private final SourcePorts ports;
  private final SnapshotHoldings holdings;
  private final Function<WalSchema, SourceTable> tables;
  private final LongPredicate more;
  private final ChangeReader<Row> reader;

  /** Of what waits. */
  private final BatchLimits limits;

  private final List<Batch> waiting = new ArrayList<>();

  /**
   * @param more tells whether changes behind a stream sequence are on their way
   */
  HeldByRows(
      SourcePorts ports,
      SnapshotHoldings holdings,
      Function<WalSchema, SourceTable> tables,
      LongPredicate more) {
    this.ports = ports;
    this.holdings = holdings;
    this.tables = tables;
    this.more = more;
    this.limits = ports.options().transactions();
    this.reader = new ChangeReader<>(RowMapper.rows(), tables, SnapshotHoldings.NONE);
  }

  /** The doubtful transactions of a table that follow one another. */
  private static final class Doubt {
    private final List<List<Change>> transactions = new ArrayList<>();

    /**
     * The first change, of any table, that was committed behind the snapshot for certain, and so
     * were all behind it; null if it has not come.
     */
    private @Nullable Change end;
  }

  /** The batches without what snapshots hold; an error comes behind all that came before it. */
  Flux<Batch> without(Flux<Batch> batches) {
    return batches
        .map(batch -> holdings.without(batch, tables))
        .materialize()
        .concatMap(this::next, ONE_AHEAD);
  }

  private Flux<Batch> next(Signal<Batch> signal) {
    Batch batch = signal.get();
    if (batch == null) {
      Throwable error = signal.getThrowable();
      return error == null ? decided(doubts()) : decided(doubts()).concatWith(Flux.error(error));
    }
    if (waiting.isEmpty() && holdings.undecided().isEmpty()) {
      return Flux.just(batch);
    }
    waiting.add(batch);
    Map<SourceTable, Doubt> doubts = doubts();
    return isOpen(doubts) && !isFull() && more.test(batch.position().sequence())
        ? Flux.empty()
        : decided(doubts);
  }

  private boolean isOpen(Map<SourceTable, Doubt> doubts) {
    return doubts.entrySet().stream()
        .anyMatch(
            one -> {
              Doubt doubt = one.getValue();
              return doubt.end == null
                  && !doubt.transactions.isEmpty()
                  && !holdings.snapshot(one.getKey()).isEmpty()
                  && RowStates.hasKey(doubt.transactions.get(0).get(0).schema());
            });
  }

  private boolean isFull() {
    return waiting.stream().mapToLong(Batch::bytes).sum() >= limits.bytes()
        || waiting.stream().mapToInt(batch -> batch.changes().size()).sum() >= limits.rows();
  }

  private Map<SourceTable, Doubt> doubts() {
    Map<SourceTable, Doubt> doubts = new LinkedHashMap<>();
    holdings.undecided().forEach(table -> doubts.put(table, new Doubt()));
    List<Change> all = waiting.stream().flatMap(batch -> batch.changes().stream()).toList();
    SnapshotHoldings.transactions(all)
        .forEach(transaction -> doubts.forEach((table, doubt) -> addTo(table, doubt, transaction)));
    return doubts;
  }

  private void addTo(SourceTable table, Doubt doubt, List<Change> transaction) {
    if (doubt.end != null) {
      return;
    }
    Judgement judgement = holdings.bySnapshot(table, transaction.get(transaction.size() - 1));
    if (judgement == Judgement.MISSING) {
      doubt.end = transaction.get(0);
    } else if (!judgement.certain()) {
      List<Change> changes =
          transaction.stream()
              .filter(change -> tables.apply(change.schema()).equals(table))
              .toList();
      if (!changes.isEmpty()) {
        doubt.transactions.add(changes);
      }
    }
  }

  /** Everything that waits, without what the rows show to be held. */
  private Flux<Batch> decided(Map<SourceTable, Doubt> doubts) {
    List<Batch> all = List.copyOf(waiting);
    waiting.clear();
    return Flux.fromIterable(doubts.entrySet())
        .concatMap(doubt -> held(doubt.getKey(), doubt.getValue()))
        .collect(HashSet<Long>::new, Set::addAll)
        .flatMapIterable(held -> all.stream().map(batch -> without(batch, held)).toList());
  }

  private static Batch without(Batch batch, Set<Long> held) {
    return held.isEmpty()
        ? batch
        : new Batch(
            batch.changes().stream().filter(change -> !held.contains(change.sequence())).toList(),
            batch.bytes(),
            batch.endsTransaction(),
            batch.position());
  }

  private Mono<Set<Long>> held(SourceTable table, Doubt doubt) {
    if (doubt.transactions.isEmpty()) {
      return Mono.fromSupplier(() -> passed(table, doubt, doubt.end, Set.of()));
    }
    RowStates states = RowStates.of(doubt.transactions, reader);
    String snapshot = holdings.snapshot(table);
    if (states == null || snapshot.isEmpty()) {
      return Mono.fromSupplier(() -> allCome(table));
    }
    return rows(table, snapshot, states)
        .map(rows -> decide(table, doubt, states, rows))
        .switchIfEmpty(Mono.fromSupplier(() -> allCome(table)));
  }

  /** Rows show nothing: what is in doubt comes, and stays in doubt. */
  private Set<Long> allCome(SourceTable table) {
    holdings.passesUnproven(table);
    return Set.of();
  }

  private Set<Long> decide(
      SourceTable table,
      Doubt doubt,
      RowStates states,
      Map<List<Object>, Map<String, @Nullable Object>> rows) {
    Set<Long> held = new HashSet<>();
    Change first = null;
    for (int i = 0; i < doubt.transactions.size(); i++) {
      List<Change> transaction = doubt.transactions.get(i);
      boolean may = states.mayBeIn(rows, i);
      if (may && first == null) {
        transaction.forEach(change -> held.add(change.sequence()));
        continue;
      }
      first = first == null ? transaction.get(0) : first;
      if (!may && doubt.end != null) {
        holdings.lacks(transaction);
      }
    }
    return passed(table, doubt, first == null ? doubt.end : first, held);
  }

  /** From the first change that comes on, rows are not asked. */
  private Set<Long> passed(SourceTable table, Doubt doubt, @Nullable Change first, Set<Long> held) {
    if (first != null && doubt.end != null) {
      holdings.passes(table, first);
    } else if (first != null) {
      holdings.passesUnproven(table);
    }
    return held;
  }

  /** The snapshot's rows of these keys; empty if it cannot be read again. */
  private Mono<Map<List<Object>, Map<String, @Nullable Object>>> rows(
      SourceTable table, String snapshot, RowStates states) {
    Set<List<Object>> wanted = states.keys();
    return new TableSnapshot(ports, table, snapshot, null)
        .chunks()
        .concatMapIterable(chunk -> chunk.rows(RowMapper.rows()), ONE_AHEAD)
        .filter(row -> wanted.contains(states.keyOf(row)))
        .collectMap(states::keyOf, Row::toMap)
        .onErrorResume(HeldByRows::showsNothing, error -> Mono.empty());
  }

  private static boolean showsNothing(Throwable error) {
    return error instanceof SnapshotException
        || error instanceof SourceException.Undecodable
        || error instanceof IllegalArgumentException;
  }
}
