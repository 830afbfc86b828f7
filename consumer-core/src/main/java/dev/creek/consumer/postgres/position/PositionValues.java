package dev.creek.consumer.postgres.position;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.wire.Lsn;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The values of claim and position in the statement that moves a position, as SQL: parameters, or
 * literals if a statement can have none. They are our own and never from a row.
 *
 * @param target the target table
 * @param epoch of the claim
 * @param lsn of the last change
 * @param committedAt its commit time
 * @param stream the stream's name
 * @param streamCreated its creation time, as text
 * @param sequence stream sequence of the last packet
 * @param changes number of changes since the position before
 * @param from the sequence of the position before
 * @param aheadUntil how far the target is ahead of the position
 */
record PositionValues(
    String target,
    String epoch,
    String lsn,
    String committedAt,
    String stream,
    String streamCreated,
    String sequence,
    String changes,
    String from,
    String aheadUntil) {

  /** In this order. */
  static final PositionValues PARAMETERS =
      new PositionValues("$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10");

  static final int COUNT = 10;

  private static final String NULL = "null";

  static PositionValues literals(String target, long epoch, PositionAdvance moved) {
    Position to = moved.to();
    Instant committedAt = to.committedAt();
    StreamIdentity stream = to.stream();
    return new PositionValues(
        SqlNames.literal(target),
        Long.toString(epoch),
        SqlNames.literal(Lsn.format(to.lsn())),
        time(committedAt == null ? SubscriptionRows.NEVER : committedAt),
        stream == null ? NULL : SqlNames.literal(stream.name()),
        stream == null ? NULL : SqlNames.literal(stream.created().toString()),
        Long.toString(to.sequence()),
        Long.toString(moved.changes()),
        moved.from() == null ? NULL : Long.toString(moved.from()),
        time(moved.aheadUntil()));
  }

  private static String time(@Nullable Instant time) {
    return time == null ? NULL : SqlNames.literal(time.toString()) + "::timestamptz";
  }
}
