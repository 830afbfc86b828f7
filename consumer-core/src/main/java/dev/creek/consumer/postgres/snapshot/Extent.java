package dev.creek.consumer.postgres.snapshot;

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
import reactor.core.publisher.Mono;

/** What an upserted snapshot writes of a row that is there, and what is known afterwards. */
sealed interface Extent {

  /** The statement's part that writes rows. */
  InsertSql upsert(RowPlan plan, CatalogTable target, UniqueKey key);

  /** Whether rows are replaced if a column differs that only an insert can set. */
  boolean reidentifies();

  /** Stores what the written rows prove, in the snapshot's last transaction. */
  Mono<Void> written(Session session, PositionSql position, RowPlan plan, PositionAdvance moved);

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

    /**
     * Rows that are not in the snapshot stay: the doubt is over only if there were none. Each row
     * that the source has got a value in each column.
     */
    @Override
    public Mono<Void> written(
        Session session, PositionSql position, RowPlan plan, PositionAdvance moved) {
      IncompletenessSql marks = position.marks();
      return session
          .execute(intoEmpty ? marks.delete() : marks.delete(Cause.COLUMN))
          .then(Mono.defer(() -> position.known().store(session, plan.names())));
    }
  }

  /**
   * Some columns of rows that are there, and whole rows that are missing: changes from before the
   * source got the column may still bring these, and would not bring its value.
   *
   * @param columns their names
   * @param present the columns as they were before the first row was written
   */
  record OfColumns(List<String> columns, KnownTarget.Columns present) implements Extent {
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

    /** A snapshot that held far fewer rows than expected leaves the columns' marks. */
    @Override
    public Mono<Void> written(
        Session session, PositionSql position, RowPlan plan, PositionAdvance moved) {
      boolean thin = moved.marks().stream().anyMatch(mark -> mark.cause() == Cause.THIN_SNAPSHOT);
      KnownTarget known = position.known();
      return known
          .present(session, columns)
          .filter(present::equals)
          .switchIfEmpty(Mono.error(() -> changed(position)))
          .flatMap(
              same ->
                  thin
                      ? Mono.empty()
                      : session
                          .execute(position.marks().deleteColumns(columns))
                          .then(Mono.defer(() -> known.filled(session, present))));
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
