package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Incompleteness.Cause;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.postgres.apply.InsertSql;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.position.IncompletenessSql;
import dev.creek.consumer.postgres.position.KnownTarget;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.UniqueKey;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** What an upserted snapshot writes of a row that is there, and what is known afterwards. */
sealed interface Extent {

  /** The statement's part that writes rows. */
  InsertSql upsert(RowPlan plan, CatalogTable target, UniqueKey key);

  /** Whether rows are replaced if a column differs that only an insert can set. */
  boolean reidentifies();

  /**
   * Before the first row is written, in a transaction that holds the claim.
   *
   * @return a value for {@link End#begun}
   */
  Mono<String> begins(Session session, PositionSql position);

  /**
   * The end of a snapshot.
   *
   * @param moved its last position
   * @param begun what {@link #begins} returned; null if it had no rows
   * @param first the transaction that wrote its first chunk; null if it had no rows
   * @param doubts notified of what the target may lack nevertheless
   */
  record End(PositionAdvance moved, @Nullable String begun, @Nullable Long first, Doubts doubts) {}

  /** Notified of what the target may lack, and is marked for. */
  interface Doubts {
    /**
     * A mark.
     *
     * @param settling as {@link dev.creek.consumer.stream.SnapshotWriter.Finishing#doubts}, in a
     *     transaction
     */
    void add(String reason, Function<Session, Mono<Boolean>> settling);
  }

  /** Stores what the written rows prove, in the snapshot's last transaction. */
  Mono<Void> written(Session session, PositionSql position, RowPlan plan, End end);

  /**
   * Whole rows.
   *
   * @param intoEmpty whether the target had no rows before: then it holds only the snapshot's
   */
  record OfRows(boolean intoEmpty) implements Extent {
    @Override
    public InsertSql upsert(RowPlan plan, CatalogTable target, UniqueKey key) {
      return InsertSql.upsert(plan, target);
    }

    @Override
    public boolean reidentifies() {
      return true;
    }

    /** A table that was replaced or emptied by then is marked: only later is it our work. */
    @Override
    public Mono<String> begins(Session session, PositionSql position) {
      KnownTarget known = position.known();
      return known
          .look(session, null)
          .then(Mono.defer(() -> known.fills(session)))
          .then(
              Mono.defer(
                  () ->
                      session
                          .query(
                              "select clock_timestamp()::text",
                              statement -> {},
                              row -> Objects.requireNonNull(row.get(0, String.class)))
                          .single()));
    }

    /**
     * Rows that are not in the snapshot stay: the doubt is over only if there were none. Each row
     * that the source has got a value in each column. What was written first is gone if the table
     * was replaced or emptied since.
     */
    @Override
    public Mono<Void> written(Session session, PositionSql position, RowPlan plan, End end) {
      IncompletenessSql marks = position.marks();
      KnownTarget known = position.known();
      String proven =
          intoEmpty
              ? end.begun() == null ? marks.delete() : marks.deleteUntil(end.begun())
              : marks.delete(Cause.COLUMN);
      return session
          .execute(proven)
          .then(Mono.defer(() -> known.look(session, null)))
          .then(Mono.defer(() -> known.store(session, plan.names())));
    }
  }

  /**
   * Some columns of rows that are there, and whole rows that are missing: changes from before the
   * source got the column may still bring these, and would not bring its value.
   *
   * @param table its name as SQL
   * @param columns their names
   * @param present the columns as they were before the first row was written
   */
  record OfColumns(String table, List<String> columns, KnownTarget.Columns present)
      implements Extent {
    public OfColumns {
      columns = List.copyOf(columns);
    }

    /**
     * Columns of other unique keys are set, too: written rows never hold a value that the snapshot
     * has in another row, and rows that do can make room.
     */
    @Override
    public InsertSql upsert(RowPlan plan, CatalogTable target, UniqueKey key) {
      var set = new HashSet<>(columns);
      UpsertSnapshotSql.rivals(plan, target, key).stream()
          .flatMap(rival -> rival.columns().stream())
          .filter(column -> target.isUpdated(key, column))
          .forEach(set::add);
      return InsertSql.filling(plan, target, set);
    }

    @Override
    public boolean reidentifies() {
      return false;
    }

    @Override
    public Mono<String> begins(Session session, PositionSql position) {
      return Mono.just("");
    }

    /**
     * A snapshot that held far fewer rows than expected leaves the columns' marks, and so does one
     * that did not hold each row that is here.
     */
    @Override
    public Mono<Void> written(Session session, PositionSql position, RowPlan plan, End end) {
      boolean thin =
          end.moved().marks().stream().anyMatch(mark -> mark.cause() == Cause.THIN_SNAPSHOT);
      return position
          .known()
          .present(session, columns)
          .filter(present::equals)
          .switchIfEmpty(Mono.error(() -> changed(position)))
          .flatMap(
              same ->
                  thin
                      ? Mono.<Void>empty()
                      : leftOut(session, end.first())
                          .flatMap(
                              left ->
                                  left.rows() == 0
                                      ? session.execute(position.marks().deleteColumns(columns))
                                      : lacking(session, position, left, end.doubts()))
                          .then(Mono.defer(() -> position.known().filled(session, present))));
    }

    /**
     * Rows that the snapshot lacked.
     *
     * @param since the first transaction that wrote rows of the snapshot, or is later than it
     */
    private record LeftOut(long rows, long since) {}

    /**
     * The rows that are older than the first chunk: neither the snapshot nor a change since has
     * written them. Transaction ids are compared within the time of the snapshot alone, so that ids
     * of frozen rows, which may be older than all others, do not look young.
     */
    private Mono<LeftOut> leftOut(Session session, @Nullable Long first) {
      return session
          .query(
              """
              select count(*), %2$s from %1$s as t
              where ((t.xmin::text::int8 - %2$s) & 4294967295) > ((txid_current() - %2$s) & 4294967295)
              """
                  .formatted(table, first == null ? "txid_current()" : first + "::int8"),
              statement -> {},
              row ->
                  new LeftOut(
                      Objects.requireNonNull(row.get(0, Long.class)),
                      Objects.requireNonNull(row.get(1, Long.class))))
          .single();
    }

    private Mono<Void> lacking(Session session, PositionSql position, LeftOut left, Doubts doubts) {
      List<Incompleteness> marks =
          columns.stream()
              .map(column -> new Incompleteness(Cause.COLUMN, column, leftOut(column, left.rows())))
              .toList();
      return session
          .execute(position.marks().replaceAll(marks))
          .doOnSuccess(
              stored ->
                  marks.forEach(
                      mark ->
                          doubts.add(
                              mark.reason(), later -> settled(later, position, left, marks))));
    }

    /**
     * Counts again. The row is locked only then, because a count may take long. A mark that tells
     * something else meanwhile stays: changes without the column came, and then others with it.
     */
    private Mono<Boolean> settled(
        Session session, PositionSql position, LeftOut before, List<Incompleteness> marks) {
      return leftOut(session, before.since())
          .filter(left -> left.rows() == 0)
          .flatMap(
              none ->
                  session
                      .query(position.lockForAnyClaim(), position::bindTarget, row -> true)
                      .next())
          .flatMap(locked -> position.known().present(session, columns))
          .filter(present::equals)
          .flatMapMany(
              same ->
                  session.query(
                      position.marks().deleteUnchanged(marks), statement -> {}, row -> true))
          .count()
          .map(removed -> removed == marks.size());
    }

    private static String leftOut(String column, long rows) {
      return ("the snapshot that filled column \"%s\" lacked %,d rows that are here: the producer leaves"
              + " out rows that it cannot encode (check --source-uri names such columns), or their"
              + " deletes had not come yet, and another fill does not meet them")
          .formatted(column, rows);
    }

    private static SnapshotException changed(PositionSql position) {
      return new SnapshotException(
          "columns of "
              + position.target()
              + " were dropped or added again while they were filled: rows that were written before "
              + "lack their values",
          "fill them again");
    }
  }
}
