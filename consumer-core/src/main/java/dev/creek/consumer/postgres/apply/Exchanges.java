package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.catalog.UniqueIndex;
import dev.creek.consumer.postgres.session.BinaryArray;
import dev.creek.consumer.postgres.session.Refusal;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.row.EntangledRows;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.wire.Change;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Knows by which of a table's unique indexes its rows exchange values, and divides batches
 * accordingly. That a batch failed by an index makes it look there, in the next batches too. For
 * one batch after another.
 */
final class Exchanges {
  private static final String UNIQUE_VIOLATION = "23505";
  private static final int OTHER_BATCHES = 100;

  /** Names of indexes by which a batch failed. */
  private final Set<String> met = new HashSet<>();

  /** Number of next batches that probably exchange values. */
  private int expected;

  /** Number of next batches of which it is of no use to know. */
  private int useless;

  private final KeptValues kept = new KeptValues();

  /** The plan of the last batch that was divided, and its statement. */
  private @Nullable TablePlan known;

  private @Nullable ExchangeSql look;
  private String sql = "";

  /** What an error tells. */
  enum Lesson {
    /** Nothing, or nothing that helps. */
    NONE,
    /** Rows exchange values of an index that was known, or is not named. */
    KNOWN_INDEX,
    ANOTHER_INDEX
  }

  /** Tells whether the next batch, counted once, probably exchanges values. */
  boolean isExpected() {
    useless = Math.max(0, useless - 1);
    expected = Math.max(0, expected - 1);
    return expected > 0 && useless == 0;
  }

  /** Learns from the error of a batch. */
  Lesson learn(Throwable error) {
    Refusal refusal = SqlErrors.refusal(error);
    if (refusal == null || !refusal.sqlState().equals(UNIQUE_VIOLATION) || useless > 0) {
      return Lesson.NONE;
    }
    expected = OTHER_BATCHES;
    if (refusal.constraint() == null || !met.add(refusal.constraint())) {
      return Lesson.KNOWN_INDEX;
    }
    known = null;
    return Lesson.ANOTHER_INDEX;
  }

  /** A divided batch could not be written. */
  void failed() {
    useless = OTHER_BATCHES;
  }

  /** Tells whether a divided batch that failed may succeed if all of it is divided. */
  boolean mayDivideMore() {
    return kept.isToBlame();
  }

  /**
   * The changes in parts that follow each other, see {@link EntangledRows#rounds}, without those
   * that have been written then.
   *
   * @param writing whether rows that exchange nothing may be written already
   */
  Mono<List<List<Change>>> rounds(Session session, FoldedBatch batch, boolean writing) {
    TablePlan plan = batch.plan();
    return look(session, plan)
        .then(
            Mono.defer(
                () ->
                    kept.write(
                        session, batch, writing && look != null ? look.columns() : Set.of())))
        .map(rest -> plan.changes().entangled(rest))
        .flatMap(rows -> entangled(session, rows).thenReturn(rows))
        .map(EntangledRows::rounds);
  }

  private Mono<Void> look(Session session, TablePlan plan) {
    if (known == plan) {
      return Mono.empty();
    }
    if (met.isEmpty()) {
      return Mono.fromRunnable(() -> looking(plan, List.of()));
    }
    return UniqueIndex.of(session, plan.target().oid())
        .filter(index -> exchanges(plan, index))
        .collectList()
        .doOnNext(indexes -> looking(plan, indexes))
        .then();
  }

  private void looking(TablePlan plan, List<UniqueIndex> indexes) {
    look = indexes.isEmpty() ? null : new ExchangeSql(plan, indexes);
    sql = look == null ? "" : look.sql();
    known = plan;
  }

  /** A partition's index has a name of its own: then any may be the one. */
  private boolean exchanges(TablePlan plan, UniqueIndex index) {
    return !index.name().equals(Objects.requireNonNull(plan.changes().key()).name())
        && plan.carried().containsAll(index.columns())
        && (plan.target().partitioned() || met.contains(index.name()));
  }

  private Mono<Void> entangled(Session session, EntangledRows rows) {
    ExchangeSql looking = look;
    if (looking == null) {
      return Mono.empty();
    }
    RowColumns written = rows.written(looking.columns());
    if (written.rows() == 0) {
      return Mono.empty();
    }
    return session
        .query(
            sql,
            statement -> bind(statement, looking.written(), written),
            row -> new int[] {number(row, "one"), number(row, "other")})
        .doOnNext(pair -> rows.entangle(pair[0], pair[1]))
        .then();
  }

  private static int number(Readable row, String name) {
    return Objects.requireNonNull(row.get(name, Integer.class));
  }

  private static void bind(Statement statement, List<PlanColumn> columns, RowColumns rows) {
    for (int i = 0; i < columns.size(); i++) {
      statement.bind(i, new BinaryArray(columns.get(i).sentAs(), rows.columns().get(i)));
    }
  }
}
