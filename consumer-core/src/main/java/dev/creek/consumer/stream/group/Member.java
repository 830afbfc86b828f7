package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.stream.batch.ChangeDecoder;
import java.time.Duration;
import java.time.Instant;

/**
 * A claimed table that is applied with others. The group calls it on any thread, one call at a
 * time; calls must not block.
 */
public interface Member {
  /** Source and target. */
  Mapping mapping();

  /** Its claim. */
  Claim claim();

  /** The stream in which {@link #start} counts, when it was looked at last. */
  LogState log();

  /** Where its changes begin: a sequence, or the beginning. */
  StartAt start();

  /** Its writer, for the group alone until it has left. */
  TableWriter writer();

  /** A decoder for its changes from {@code first} on. */
  ChangeDecoder newDecoder(StartAt.Sequence first);

  /**
   * From now on it shows the same moment of the source as the other members. Called once or more
   * often until it leaves.
   */
  void together();

  /** Notified of interruptions of reading. */
  ReadListener listener();

  /**
   * Changes of it were read.
   *
   * @param oldest commit time of the first
   * @param last stream sequence of the last
   */
  void read(int changes, Instant oldest, long last);

  /**
   * The group has read up to this stream sequence.
   *
   * @param pending number of further messages of the database
   */
  void readTo(long frontier, long pending);

  /** A batch of it is in the target, perhaps not committed. */
  void written(Batch batch, Duration took);

  /** This batch of it could not be written. */
  void failedIn(Batch batch);

  /** The others wait for it for a moment: it need not pause any longer. */
  void returnsNow();

  /** It is to go its own way, at least up to this stream sequence. */
  void goesApart(long until);
}
