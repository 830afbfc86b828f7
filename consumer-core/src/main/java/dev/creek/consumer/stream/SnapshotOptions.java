package dev.creek.consumer.stream;

import java.time.Duration;

/**
 * How snapshots are applied.
 *
 * @param atOnce how many tables at once; others wait for their turn
 * @param stall how long to wait for the producer's answer, and for each next message, before a
 *     snapshot is given up
 */
public record SnapshotOptions(int atOnce, Duration stall) {
  public static final SnapshotOptions DEFAULT = new SnapshotOptions(2, Duration.ofSeconds(60));
}
