package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.apply.FoldedSql.Expecting;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.row.FoldedChanges;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Writes the batches of a table with a key: at once, as long as every row exists that the source
 * says exists. If one is missing, rows are counted, in the next batches too. If the order of
 * changes matters after all, they are divided into rounds, or applied one by one. For one batch
 * after another.
 */
final class FoldedWriter {
  private static final int OTHER_BATCHES = 100;

  private final WriterSession held;
  private final ReplayWindow seen;
  private final InsertStrategy fresh = new InsertStrategy();
  private final RoundsWriter rounds = new RoundsWriter(fresh);
  private int counted;

  FoldedWriter(WriterSession held, ReplayWindow seen) {
    this.held = held;
    this.seen = seen;
  }

  /** Ways to write a batch. */
  enum Way {
    /** In one statement, which fails if a row is missing. */
    AT_ONCE,
    /** The same, if rows may be missing because changes come again: none is counted. */
    AGAIN,
    /** In a statement between others that count missing rows. */
    COUNTING,
    /** In several statements, where rows exchange keys or unique values. */
    IN_ROUNDS,
    /** Change by change. */
    IN_ORDER;

    /** Tells whether the statement can move the position, too. */
    boolean isAlone() {
      return this == AT_ONCE || this == AGAIN;
    }
  }

  /** Tells whether to prepare rows for COPY. May be called beside a write: it is only a guess. */
  boolean mayCopy() {
    return fresh.mayCopy();
  }

  /** The way that is tried first. */
  Way way(FoldedBatch batch) {
    FoldedChanges folded = batch.folded();
    boolean exchanging = rounds.isExpected();
    if (folded.ordered()) {
      return isDivisible(batch) ? Way.IN_ROUNDS : Way.IN_ORDER;
    }
    if (folded.deletes().rows() + folded.updates().rows() + folded.moves().rows() == 0) {
      return Way.AT_ONCE;
    }
    BitSet mayMiss = seen.mayMiss();
    if (mayMiss.isEmpty()) {
      if (exchanging && folded.updates().rows() + folded.moves().rows() > 0 && isDivisible(batch)) {
        return Way.IN_ROUNDS;
      }
      if (counted == 0 || folded.moves().rows() > 0) {
        return Way.AT_ONCE;
      }
      counted--;
      return Way.COUNTING;
    }
    if (folded.moves().rows() > 0) {
      return Way.IN_ORDER;
    }
    return mayMiss.cardinality() == batch.changes().size() ? Way.AGAIN : Way.AT_ONCE;
  }

  /** Changes that come again take values from rows in a way of their own, which knows no rounds. */
  private boolean isDivisible(FoldedBatch batch) {
    return batch.counts().truncates() == 0 && !batch.plan().changes().assumesKey() && seen.areNew();
  }

  /** Tells whether a batch that failed can be written in another way. */
  static boolean mayRecover(Throwable error) {
    return FoldedSql.missedRows(error) || SqlErrors.mayDependOnOrder(error);
  }

  /** The way after a failed one. */
  Way other(FoldedBatch batch, Way failed, Throwable error) {
    if (!FoldedSql.missedRows(error)) {
      return isDivisible(batch) && rounds.mayHelp(error) ? Way.IN_ROUNDS : Way.IN_ORDER;
    }
    if (failed == Way.AGAIN) {
      return Way.AGAIN;
    }
    if (batch.folded().moves().rows() > 0 || !seen.mayMiss().isEmpty()) {
      return Way.IN_ORDER;
    }
    counted = OTHER_BATCHES;
    return Way.COUNTING;
  }

  /**
   * Rows and position, committed; without effect if it fails. Returns the number of rows that the
   * fence let through.
   */
  Mono<Long> alone(Session session, FoldedBatch batch, Way way, PositionAdvance moved) {
    return fresh.write(
        batch, how -> batch.alone(session, how, expecting(way), moved), Mono.empty());
  }

  /** The same in a transaction, which is of no more use if it fails. */
  Mono<Long> attempt(Session session, FoldedBatch batch, Way way, PositionAdvance moved) {
    return batch.alone(session, fresh.first(batch), expecting(way), moved);
  }

  /**
   * The rows as a part of a statement that writes other tables as well; null if they are better
   * copied.
   *
   * @param must also if they are better copied
   */
  @Nullable Fusible fusible(FoldedBatch batch, Way way, boolean must) {
    TablePlan.Rows how = fresh.first(batch);
    if (how != TablePlan.Rows.COPIED) {
      return batch.fusible(how, expecting(way));
    }
    return must ? batch.fusible(TablePlan.Rows.INSERTED, expecting(way)) : null;
  }

  private static Expecting expecting(Way way) {
    return way == Way.AGAIN ? Expecting.ANY : Expecting.ALL;
  }

  /** The rows, in a transaction that holds the fence. */
  Mono<Discrepancies> part(Session session, FoldedBatch batch, Way way) {
    return part(session, batch, way, Mono.defer(() -> inOrder(session, batch)));
  }

  /**
   * The same.
   *
   * @param inOrder applies the changes one by one
   */
  Mono<Discrepancies> part(
      Session session, FoldedBatch batch, Way way, Mono<Discrepancies> inOrder) {
    if (way == Way.IN_ORDER) {
      return inOrder;
    }
    if (way == Way.IN_ROUNDS) {
      return inRounds(session, batch, inOrder);
    }
    return held.savepoint(session)
        .then(Mono.defer(() -> survivors(session, batch, way)))
        .onErrorResume(
            FoldedWriter::mayRecover,
            e ->
                held.rollbackToSavepoint(session)
                    .then(Mono.defer(() -> part(session, batch, other(batch, way, e), inOrder))));
  }

  private Mono<Discrepancies> survivors(Session session, FoldedBatch batch, Way way) {
    Mono<Void> emptied =
        batch.folded().truncate()
            ? session.execute(batch.plan().truncate(seen.repeated() > 0))
            : Mono.empty();
    if (batch.folded().isEmpty()) {
      return emptied.thenReturn(Discrepancies.NONE);
    }
    if (way != Way.AT_ONCE) {
      return emptied.then(Mono.defer(() -> batch.counting(session, way == Way.AGAIN)));
    }
    return fresh
        .write(
            batch,
            how -> emptied.then(Mono.defer(() -> batch.inside(session, how))),
            held.rollbackToSavepoint(session))
        .thenReturn(Discrepancies.NONE);
  }

  private Mono<Discrepancies> inRounds(
      Session session, FoldedBatch batch, Mono<Discrepancies> inOrder) {
    return held.deferringSavepoint(session)
        .then(Mono.defer(() -> rounds.write(session, batch, counted > 0)))
        .onErrorResume(
            RoundsWriter::mayGoInOrder,
            e ->
                held.rollbackToSavepoint(session)
                    .then(Mono.defer(() -> afterRounds(session, batch, inOrder, e))));
  }

  private Mono<Discrepancies> afterRounds(
      Session session, FoldedBatch batch, Mono<Discrepancies> inOrder, Throwable error) {
    boolean missed = FoldedSql.missedRows(error) && counted == 0;
    if (missed) {
      counted = OTHER_BATCHES;
    }
    if (missed || rounds.mayHelpAgain(error)) {
      return inRounds(session, batch, inOrder);
    }
    rounds.failed();
    return inOrder;
  }

  /**
   * Change by change. One statement of the source is several here, and may be so in a part of a
   * transaction. A deferrable constraint that held at the end of that statement holds at the end of
   * the transaction.
   */
  private Mono<Discrepancies> inOrder(Session session, FoldedBatch batch) {
    return session
        .execute(HeldSession.DEFER_CONSTRAINTS)
        .then(
            Mono.defer(
                () ->
                    Segment.run(
                        session,
                        batch.plan(),
                        Segment.of(batch.changes(), batch.changes(), seen))));
  }
}
