package dev.creek.consumer.jetstream;

import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Moves the place of a time before messages that are missing after it. A place that is found by the
 * messages of one table lies after those of them that were deleted, or purged by subject. A reader
 * that continued from there would never learn that they are missing.
 *
 * <p>The first missing message that may be of that time or later counts: one whose next message, of
 * any table, is not older. Takes one request if the stream has no holes, otherwise about thirty.
 */
final class PlaceBeforeHoles {
  private final JetStreamApi api;
  private final HoleSource holes;
  private final String stream;
  private final String anyTable;
  private final Function<JetStreamApi.StoredMessage, @Nullable Instant> times;

  /**
   * @param anyTable pattern of the subjects of all tables of the same source
   * @param times of messages; null for messages without one
   */
  PlaceBeforeHoles(
      JetStreamApi api,
      HoleSource holes,
      String stream,
      String anyTable,
      Function<JetStreamApi.StoredMessage, @Nullable Instant> times) {
    this.api = api;
    this.holes = holes;
    this.stream = stream;
    this.anyTable = anyTable;
    this.times = times;
  }

  /**
   * The place from which nothing is silently skipped.
   *
   * @param after the last sequence that is not needed, according to the existing messages
   */
  Mono<Long> of(StreamState now, long after, Instant time) {
    return holes
        .of(now)
        .flatMap(
            missing ->
                missing.next(now.first()) > after
                    ? Mono.just(after)
                    : notBefore(now.first(), after + 1, time)
                        .map(from -> Math.min(after, missing.next(from) - 1)));
  }

  /** The first sequence between both from which on no older message follows. */
  private Mono<Long> notBefore(long low, long high, Instant time) {
    if (low >= high) {
      return Mono.just(low);
    }
    long middle = low + (high - low) / 2;
    return next(middle)
        .filter(head -> head.time().isBefore(time))
        .flatMap(head -> notBefore(Math.max(head.sequence(), middle) + 1, high, time))
        .switchIfEmpty(Mono.defer(() -> notBefore(low, middle, time)));
  }

  private record Head(long sequence, Instant time) {}

  private Mono<Head> next(long sequence) {
    return api.nextMessage(stream, anyTable, sequence)
        .flatMap(
            message -> {
              Instant time = times.apply(message);
              return time == null
                  ? next(message.sequence() + 1)
                  : Mono.just(new Head(message.sequence(), time));
            });
  }
}
