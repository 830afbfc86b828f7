package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.postgres.control.Heartbeat.Beat;
import dev.creek.consumer.postgres.control.Heartbeat.Row;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * The participants, as one instance sees them from beat to beat. After its own outage it does not
 * trust what it sees: the others had the outage too, and one that is back a moment earlier must not
 * take all of their tables. Members that it knew stay until they had time to come back. Not
 * thread-safe.
 */
final class Members {
  private final long settleNanos;
  private Set<String> present = Set.of();
  private long connection;
  private long beatAt;
  private long settledAt;

  /**
   * @param settle how long the others may take to come back
   */
  Members(Duration settle) {
    this.settleNanos = settle.toNanos();
  }

  /**
   * The members by now, and how they share.
   *
   * @param ids of the members
   * @param grouping {@code DATABASE} if any of them groups tables by database
   */
  record Present(Set<String> ids, Grouping grouping) {}

  /**
   * The members by now.
   *
   * @param nanos time of the beat, as {@link System#nanoTime}
   */
  Present after(Beat beat, long nanos) {
    boolean first = connection == 0;
    boolean cut = beat.connection() != connection || nanos - beatAt > settleNanos;
    if (first || cut) {
      settledAt = first ? nanos : nanos + settleNanos;
    }
    connection = beat.connection();
    beatAt = nanos;
    boolean settled = nanos - settledAt >= 0;
    Set<String> members = new HashSet<>();
    Grouping grouping = Grouping.TABLE;
    for (Row row : beat.rows()) {
      if (row.serving() && (row.alive() || (!settled && present.contains(row.id())))) {
        members.add(row.id());
        grouping = row.grouping() == Grouping.DATABASE ? Grouping.DATABASE : grouping;
      }
    }
    present = Set.copyOf(members);
    return new Present(present, grouping);
  }
}
