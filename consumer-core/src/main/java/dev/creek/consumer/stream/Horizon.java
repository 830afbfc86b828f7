package dev.creek.consumer.stream;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.SnapshotHeader;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The moment of the source up to which a target holds what was committed, where reading goes on
 * from a place before it: what tells changes that the target holds already from those that it
 * lacks.
 *
 * <p>A table with a key takes both, in order, and ends right. One without a key would get rows
 * twice, or lose rows that are equal to others.
 *
 * <p>All of it is of the source: its clock, its transaction ids, its log. What is known of a
 * snapshot, which is one transaction whose first statement tells these three:
 *
 * <ul>
 *   <li>A transaction with a later id began after the snapshot was taken: it is not in it.
 *   <li>What the stream held before the snapshot was asked for was committed, decoded and published
 *       before it was taken, and is in it. (A source whose commits wait for a standby shows them
 *       later than it publishes them.)
 *   <li>Where a message tells its commit record's place (OLD), what lies at the snapshot's place in
 *       the log or behind it was not written then, and so not visible, unless the source commits
 *       without waiting for its log. NEW tells a place before it, so only what is behind is told.
 *   <li>Commit times are taken before a commit becomes visible, the snapshot's time before the
 *       snapshot is taken, both within a round trip or a write of the log: what is further apart
 *       than {@link #DOUBT} is told by time.
 * </ul>
 *
 * @param kind what ends there
 * @param from stream sequence of the position that was stored with it: what is in the target beyond
 *     that of a snapshot was applied since
 * @param through stream sequence up to which the target holds everything; 0 where none is known
 * @param transactionId 32 bits, of the snapshot's transaction; of no meaning else
 * @param lsn place in the source's log
 * @param at by the source's clock
 */
public record Horizon(
    Kind kind, long from, long through, long transactionId, long lsn, Instant at) {

  /** How far from each other the times of one moment of the source may be: a commit's write. */
  public static final Duration DOUBT = Duration.ofSeconds(2);

  private static final long DOUBT_MICROS = DOUBT.toNanos() / 1000;

  /** Behind that the source has another log, or its ids have come round. */
  private static final long LATER_MICROS = Duration.ofSeconds(10).toNanos() / 1000;

  /** What a horizon is of. */
  public enum Kind {
    /** All transactions that a snapshot saw. */
    SNAPSHOT,
    /**
     * All changes up to one: where others stopped, or this service in another stream. It may be
     * older than what was applied, and end within a transaction.
     */
    POSITION
  }

  /** What is known of a change, or a transaction. */
  public enum Judgement {
    /** It is in the target. */
    HELD(true, true),
    /** It looks so, and is too near to the horizon to tell. */
    MAYBE_HELD(true, false),
    /** It does not look so, and is too near to the horizon to tell. */
    MAYBE_MISSING(false, false),
    /** It is not in the target. */
    MISSING(false, true);

    private final boolean held;
    private final boolean certain;

    Judgement(boolean held, boolean certain) {
      this.held = held;
      this.certain = certain;
    }

    /** Whether the target holds it, as far as can be told. */
    public boolean held() {
      return held;
    }

    /** Whether that is known. */
    public boolean certain() {
      return certain;
    }
  }

  /**
   * That of a snapshot.
   *
   * @param from where the line goes on
   * @param through up to where the stream was read before the snapshot was asked for; 0 where it
   *     was not, by us
   */
  public static Horizon of(SnapshotHeader header, long from, long through) {
    return new Horizon(
        Kind.SNAPSHOT, from, through, header.transactionId(), header.lsn(), header.at());
  }

  /**
   * That of a position that is a time: it counts in no stream, or in one that is no longer read.
   */
  public static Horizon of(Position position, Instant committedAt) {
    return new Horizon(Kind.POSITION, 0, 0, 0, position.lsn(), committedAt);
  }

  /** What is known of a change; of a transaction by its last one. */
  public Judgement judge(Change change) {
    long later = later(change);
    if (later > LATER_MICROS) {
      return Judgement.MISSING;
    }
    return kind == Kind.SNAPSHOT ? bySnapshot(change, later) : byPosition(change, later);
  }

  private Judgement bySnapshot(Change change, long later) {
    // Ids are 32 bits, and come round.
    if ((int) change.transactionId() - (int) transactionId > 0) {
      return Judgement.MISSING;
    }
    if (change.sequence() <= through) {
      return Judgement.HELD;
    }
    boolean old = change.schema().generation() == Generation.OLD;
    int place = Long.compareUnsigned(change.lsn(), lsn);
    if (old ? place >= 0 : place > 0) {
      return later >= 0 ? Judgement.MISSING : Judgement.MAYBE_MISSING;
    }
    return old && later > DOUBT_MICROS ? Judgement.MAYBE_HELD : byTime(later);
  }

  private Judgement byPosition(Change change, long later) {
    int place = Long.compareUnsigned(change.lsn(), lsn);
    if (change.schema().generation() == Generation.OLD) {
      if (place == 0) {
        return Judgement.MAYBE_HELD;
      }
      return place < 0 ? Judgement.HELD : Judgement.MAYBE_MISSING;
    }
    return place > 0 ? Judgement.MAYBE_MISSING : byTime(later);
  }

  private static Judgement byTime(long later) {
    if (later < -DOUBT_MICROS) {
      return Judgement.HELD;
    }
    if (later > DOUBT_MICROS) {
      return Judgement.MISSING;
    }
    return later < 0 ? Judgement.MAYBE_HELD : Judgement.MAYBE_MISSING;
  }

  /** Whether the target holds a change because the stream held it before. */
  public boolean proves(Change change) {
    return kind == Kind.SNAPSHOT && change.sequence() <= through && judge(change) == Judgement.HELD;
  }

  /** Tells whether a snapshot is known not to hold a change. */
  public boolean lacks(Change change) {
    return kind == Kind.SNAPSHOT && judge(change) == Judgement.MISSING;
  }

  /** Whether what was committed with this change is so late that nothing in doubt follows. */
  public boolean isPassedBy(Change change) {
    return later(change) > LATER_MICROS;
  }

  /**
   * Whether a snapshot whose rows fitted the target proves that it holds a change whose row does
   * not: another schema came between them, and who changes a table's columns waits for all that has
   * written to it. So what was committed before the snapshot is in it.
   */
  public boolean isOfOlderSchema(Change change) {
    return kind == Kind.SNAPSHOT
        && later(change) <= 0
        && (int) change.transactionId() - (int) transactionId <= 0;
  }

  /** By how much the change was committed after the horizon's time, in microseconds. */
  private long later(Change change) {
    return change.committedAtMicros() - ChronoUnit.MICROS.between(Instant.EPOCH, at);
  }
}
