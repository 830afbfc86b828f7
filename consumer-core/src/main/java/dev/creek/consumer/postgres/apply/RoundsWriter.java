package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.wire.Change;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Writes batches whose rows exchange keys or unique values: in the first statement all rows that
 * exchange nothing, and the first change of each set of rows that do; in the second statement the
 * second change of each set, and so on. The source took the changes of a set in this order, and no
 * other row has to do with its values. For one batch after another, each in a transaction that
 * holds the fence.
 */
final class RoundsWriter {
  private final InsertStrategy fresh;
  private final Exchanges exchanges = new Exchanges();

  RoundsWriter(InsertStrategy fresh) {
    this.fresh = fresh;
  }

  /** Tells whether the next batch, counted once, probably exchanges values. */
  boolean isExpected() {
    return exchanges.isExpected();
  }

  /** Tells whether a batch that failed is worth to be written in rounds. */
  boolean mayHelp(Throwable error) {
    return exchanges.learn(error) != Exchanges.Lesson.NONE;
  }

  /** Tells whether a batch that failed is worth to be written in rounds once more. */
  boolean mayHelpAgain(Throwable error) {
    return exchanges.learn(error) == Exchanges.Lesson.ANOTHER_INDEX || exchanges.mayDivideMore();
  }

  /** The batch could not be written so. */
  void failed() {
    exchanges.failed();
  }

  /** Tells whether a batch that failed here may succeed change by change. */
  static boolean mayGoInOrder(Throwable error) {
    // The second: the expression of an index can fail on its own.
    return FoldedWriter.mayRecover(error) || SqlErrors.mayBeInserted(error);
  }

  /**
   * The rows. Constraints that can wait for the commit must do so: one statement of the source may
   * be several here.
   *
   * @param counting whether missing rows are counted; if not, it fails
   */
  Mono<Discrepancies> write(Session session, FoldedBatch batch, boolean counting) {
    return exchanges
        .rounds(session, batch, !counting)
        .flatMapIterable(rounds -> rounds)
        .filter(round -> !round.isEmpty())
        .concatMap(round -> one(session, batch, round, counting), 0)
        .reduce(Discrepancies.NONE, Discrepancies::plus);
  }

  private Mono<Discrepancies> one(
      Session session, FoldedBatch batch, List<Change> round, boolean counting) {
    boolean isWhole = round.size() == batch.changes().size() && !batch.folded().ordered();
    FoldedBatch part = isWhole ? batch : FoldedBatch.of(batch.plan(), round, false);
    if (part.folded().ordered() || (counting && part.folded().moves().rows() > 0)) {
      var inOrder = new Segment(round, ReplayMode.USUAL);
      return Segment.run(session, batch.plan(), List.of(inOrder));
    }
    return counting
        ? part.counting(session, false)
        : part.inside(session, fresh.first(part)).thenReturn(Discrepancies.NONE);
  }
}
