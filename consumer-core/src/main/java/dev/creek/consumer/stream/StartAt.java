package dev.creek.consumer.stream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import java.time.Instant;

/** The place where reading a table's changes begins. */
public sealed interface StartAt {
  /**
   * Messages up to this stream sequence may be missing from the middle of the stream when reading
   * begins. If a later message is missing, or goes later, this is a gap: nothing shows to which
   * table it belonged.
   */
  default long mayMissUntil() {
    return 0;
  }

  /** With the oldest message of the table that the stream holds. */
  record Beginning(@Override long mayMissUntil) implements StartAt {
    /** With the existing messages. */
    public Beginning() {
      this(Long.MAX_VALUE);
    }

    /** With the existing messages, provided that none is missing. */
    public static Beginning ofAll() {
      return new Beginning(0);
    }
  }

  /** With this sequence, or the next one of the table after it. */
  record Sequence(long first, @Override long mayMissUntil) implements StartAt {
    /** No message may be missing. */
    public Sequence(long first) {
      this(first, 0);
    }
  }

  /** With the first message that JetStream stored at or after this time. */
  record Time(Instant first) implements StartAt {}

  /**
   * The place behind a position that counts in the stream of this name.
   *
   * @param known the position's stream
   * @throws BrokerException.Gap if the stream no longer holds the next message, or is another
   *     incarnation
   */
  static StartAt.Sequence after(Position position, StreamIdentity known, LogState log) {
    if (!known.created().equals(log.stream().created())) {
      throw new BrokerException.Gap(
          "stream %s was deleted and created again at %s: its messages are gone"
              .formatted(known.name(), log.stream().created()));
    }
    if (log.lastSequence() < position.sequence()) {
      throw new BrokerException.Gap(
          "stream %s went back to sequence %d, but %d was applied: the broker lost the end of it"
              .formatted(known.name(), log.lastSequence(), position.sequence()));
    }
    if (log.firstSequence() > position.sequence() + 1) {
      throw new BrokerException.Gap(
          "stream %s no longer holds sequences %d to %d, which were not read yet"
              .formatted(known.name(), position.sequence() + 1, log.firstSequence() - 1));
    }
    return new StartAt.Sequence(position.sequence() + 1);
  }

  /**
   * The place behind a position that counts in another stream: changes are read again in order from
   * a little earlier, and {@link Horizon#of(Position, Instant)} tells which of them are new.
   *
   * @param committedAt the position's time
   * @param found the place in the stream that is read now, from a little before that time on
   * @throws BrokerException.Gap if the stream no longer holds everything since then
   */
  static StartAt byTime(Instant committedAt, LogState log, SnapshotLog.ChangesSince found) {
    if (!found.whole()) {
      throw new BrokerException.Gap(
          "the position is the time %s, but stream %s no longer holds everything that was committed since"
              .formatted(committedAt, log.stream().name()));
    }
    return found.after() < log.firstSequence()
        ? new StartAt.Beginning()
        : new StartAt.Sequence(found.after() + 1);
  }
}
