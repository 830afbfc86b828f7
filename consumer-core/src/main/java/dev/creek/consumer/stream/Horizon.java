package dev.creek.consumer.stream;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.SnapshotHeader;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The moment of the source up to which a target holds everything that was committed, used when
 * reading continues from an earlier place: it tells changes that the target already holds from
 * those that it lacks.
 *
 * <p>A table with a key applies both kinds, in order, and ends right. A table without one would get
 * rows twice, or lose rows that are equal to others.
 *
 * <p>Everything here comes from the source: its clock, its transaction ids, its log. A snapshot is
 * one transaction, whose first statement returns these three. They show:
 *
 * <ul>
 *   <li>A transaction with a later id began after the snapshot was taken, and is not in it.
 *   <li>Changes that the stream held before the snapshot was requested were committed, decoded and
 *       published before it was taken, and are in it. (A source whose commits wait for a standby
 *       publishes them before they are visible.)
 *   <li>An OLD message has the place of its commit record. If that place is at the snapshot's place
 *       in the log or after it, the record was not written at that time, and so not visible, unless
 *       the source commits without waiting for its log. A NEW message has an earlier place, so only
 *       places after the snapshot's count.
 *   <li>Commit times are taken before a commit becomes visible, and the snapshot's time before the
 *       snapshot is taken, both within a round trip or a write of the log. So times decide if they
 *       differ by more than {@link #DOUBT}.
 * </ul>
 *
 * @param kind what ends there
 * @param from stream sequence of the position that was stored with it: whatever the target holds
 *     beyond the snapshot was applied since
 * @param through stream sequence up to which the target holds everything; 0 if none is known
 * @param transactionId 32 bits, of the snapshot's transaction; otherwise without meaning
 * @param lsn place in the source's log
 * @param at by the source's clock
 */
public record Horizon(
    Kind kind, long from, long through, long transactionId, long lsn, Instant at) {

  /**
   * Greatest difference between times of one moment of the source: the duration of a commit's
   * write.
   */
  public static final Duration DOUBT = Duration.ofSeconds(2);

  private static final long DOUBT_MICROS = DOUBT.toNanos() / 1000;

  /** After this time the source has another log, or its ids have wrapped around. */
  private static final long LATER_MICROS = Duration.ofSeconds(10).toNanos() / 1000;

  /** The kind of a horizon. */
  public enum Kind {
    /** All transactions that a snapshot saw. */
    SNAPSHOT,
    /**
     * All changes up to one: where another program stopped, or this service in another stream. It
     * may be older than the last applied change, and end within a transaction.
     */
    POSITION
  }

  /** The judgement of a change, or of a transaction. */
  public enum Judgement {
    /** It is in the target. */
    HELD(true, true),
    /** It seems to be, but is too close to the horizon for certainty. */
    MAYBE_HELD(true, false),
    /** It does not seem to be, but is too close to the horizon for certainty. */
    MAYBE_MISSING(false, false),
    /** It is not in the target. */
    MISSING(false, true);

    private final boolean held;
    private final boolean certain;

    Judgement(boolean held, boolean certain) {
      this.held = held;
      this.certain = certain;
    }

    /** Tells whether the target holds it, as far as is known. */
    public boolean held() {
      return held;
    }

    /** Tells whether that is certain. */
    public boolean certain() {
      return certain;
    }
  }

  /**
   * The horizon of a snapshot.
   *
   * @param from where the pipeline continues
   * @param through the stream's last sequence before this service requested the snapshot; 0 if
   *     others requested it
   */
  public static Horizon of(SnapshotHeader header, long from, long through) {
    return new Horizon(
        Kind.SNAPSHOT, from, through, header.transactionId(), header.lsn(), header.at());
  }

  /**
   * The horizon of a position that is a time: it counts in no stream, or in one that is no longer
   * read.
   */
  public static Horizon of(Position position, Instant committedAt) {
    return new Horizon(Kind.POSITION, 0, 0, 0, position.lsn(), committedAt);
  }

  /** Judges a change; a transaction is judged by its last one. */
  public Judgement judge(Change change) {
    long later = later(change);
    if (later > LATER_MICROS) {
      return Judgement.MISSING;
    }
    return kind == Kind.SNAPSHOT ? bySnapshot(change, later) : byPosition(change, later);
  }

  private Judgement bySnapshot(Change change, long later) {
    // Ids have 32 bits, and wrap around.
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

  /** Tells whether the target is proven to hold a change because the stream held it before. */
  public boolean proves(Change change) {
    return kind == Kind.SNAPSHOT && change.sequence() <= through && judge(change) == Judgement.HELD;
  }

  /** Tells whether a snapshot is known not to hold a change. */
  public boolean lacks(Change change) {
    return kind == Kind.SNAPSHOT && judge(change) == Judgement.MISSING;
  }

  /** Tells whether a change was committed so late that no change after it is in doubt. */
  public boolean isPassedBy(Change change) {
    return later(change) > LATER_MICROS;
  }

  /**
   * Tells whether a snapshot proves that it holds a change whose row does not fit the target,
   * although the snapshot's rows did. Another schema came between them, and ALTER TABLE waits for
   * all transactions that have written to the table. So the snapshot holds everything that was
   * committed before it.
   */
  public boolean isOfOlderSchema(Change change) {
    return kind == Kind.SNAPSHOT
        && later(change) <= 0
        && (int) change.transactionId() - (int) transactionId <= 0;
  }

  /** Time from the horizon to the change's commit, in microseconds. */
  private long later(Change change) {
    return change.committedAtMicros() - ChronoUnit.MICROS.between(Instant.EPOCH, at);
  }
}
