package dev.creek.consumer.stream;

import java.time.Duration;

/**
 * Options for applying snapshots.
 *
 * @param atOnce maximum number of tables at once; others wait for their turn
 * @param stall how long to wait for the producer's answer, and for each next message, before a
 *     snapshot is given up
 * @param producerWait how long a command that needs a snapshot repeats its request while no
 *     producer answers, from the first request on. If the streams show that the table cannot exist,
 *     it does not ask again
 */
public record SnapshotOptions(int atOnce, Duration stall, Duration producerWait) {
  public static final SnapshotOptions DEFAULT = new SnapshotOptions(2, Duration.ofSeconds(60));

  public SnapshotOptions {
    if (atOnce < 1) {
      throw new IllegalArgumentException("one snapshot at once at least, not " + atOnce);
    }
  }

  /** Options with which a producer that does not answer is asked twice. */
  public SnapshotOptions(int atOnce, Duration stall) {
    this(atOnce, stall, stall.multipliedBy(2));
  }

  /** With another number at once. */
  public SnapshotOptions withAtOnce(int other) {
    return new SnapshotOptions(other, stall, producerWait);
  }

  /** With another bound of waiting; a producer that does not answer is asked twice. */
  public SnapshotOptions withStall(Duration other) {
    return new SnapshotOptions(atOnce, other);
  }

  /** With another bound of asking again. */
  public SnapshotOptions withProducerWait(Duration other) {
    return new SnapshotOptions(atOnce, stall, other);
  }
}
