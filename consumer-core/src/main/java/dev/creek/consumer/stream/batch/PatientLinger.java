package dev.creek.consumer.stream.batch;

import dev.creek.consumer.wire.Change;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * {@value #GAPS} times the largest gap of the last one to two minutes, between {@link #SHORTEST}
 * and {@link #LONGEST}. At first as after a gap of {@link #FIRST}. Behind a change that usually is
 * the last of its transaction it is the shortest.
 */
final class PatientLinger implements Linger {
  static final Duration SHORTEST = Duration.ofMillis(1);
  static final Duration LONGEST = Duration.ofMillis(250);
  static final Duration FIRST = Duration.ofMillis(10);
  static final Duration PERIOD = Duration.ofMinutes(1);

  private static final int GAPS = 3;

  private final LongSupplier nanoTime;
  private final Endings endings = new Endings();
  private long began;
  private long largest = FIRST.toNanos();
  private long largestBefore;

  PatientLinger(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.began = nanoTime.getAsLong();
  }

  @Override
  public void sawGap(long gapNanos) {
    pass();
    largest = Math.max(largest, gapNanos);
  }

  @Override
  public Duration current() {
    pass();
    long gap = Math.min(Math.max(largest, largestBefore), LONGEST.toNanos());
    return Duration.ofNanos(Math.min(LONGEST.toNanos(), Math.max(SHORTEST.toNanos(), gap * GAPS)));
  }

  @Override
  public void sawNext(Change change, boolean ended) {
    endings.saw(change, ended);
  }

  @Override
  public Duration after(Change last) {
    return endings.endsWith(last) ? SHORTEST : current();
  }

  private void pass() {
    long now = nanoTime.getAsLong();
    long passed = now - began;
    if (passed >= PERIOD.toNanos()) {
      largestBefore = passed >= 2 * PERIOD.toNanos() ? 0 : largest;
      largest = 0;
      began = now;
    }
  }
}
