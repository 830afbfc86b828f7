package dev.creek.consumer.stream.batch;

import java.time.Duration;

/** The wait that the user wants. */
record FixedLinger(@Override Duration current) implements Linger {
  @Override
  public void sawGap(long gapNanos) {}
}
