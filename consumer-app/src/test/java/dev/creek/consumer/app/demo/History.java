package dev.creek.consumer.app.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A counter's past: how fast it grows now, and how fast it grew. Not thread-safe. */
final class History {

  private static final long WINDOW_NANOS = 2_000_000_000;
  private static final long BUCKET_NANOS = 1_000_000_000;
  private static final int BUCKETS = 40;

  private record Point(long at, long count) {}

  /** Points of the last window, and one before it. */
  private final Deque<Point> recent = new ArrayDeque<>();

  private final Deque<Double> buckets = new ArrayDeque<>();
  private @Nullable Point bucketStart;

  /** The first count is where it begins: how it came about is not this past. */
  void add(long now, long count) {
    Point point = new Point(now, count);
    if (bucketStart == null) {
      bucketStart = point;
    }
    recent.addLast(point);
    while (recent.size() > 2 && recent.peekFirst().at() < now - WINDOW_NANOS) {
      recent.removeFirst();
    }
    if (now - bucketStart.at() >= BUCKET_NANOS) {
      buckets.addLast(rate(bucketStart, point));
      bucketStart = point;
      if (buckets.size() > BUCKETS) {
        buckets.removeFirst();
      }
    }
  }

  /** Per second, over the last two seconds. */
  double rate() {
    return recent.isEmpty() ? 0 : rate(recent.getFirst(), recent.getLast());
  }

  /** Per second, one value for each of the last seconds, oldest first. */
  List<Double> rates() {
    return List.copyOf(buckets);
  }

  private static double rate(Point from, Point to) {
    return to.at() == from.at() ? 0 : (to.count() - from.count()) * 1e9 / (to.at() - from.at());
  }
}
