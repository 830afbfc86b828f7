package dev.creek.consumer.jetstream;

import dev.creek.consumer.stream.SnapshotLog.ChangesSince;
import dev.creek.consumer.wire.CommitTime;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Finds the place of a source's time in a stream by the commit times of the messages, so the
 * broker's clock is not used. It takes about thirty requests, and as many to verify the result.
 *
 * <p>Commit times rise along a stream, except if a producer was restarted and publishes again what
 * it had not acknowledged. Then a time is there twice, and the first place counts. So the search
 * goes back from the result, in growing steps, to find a message that is not before the time.
 */
final class CommitSearch {
  /**
   * Steps back grow by a quarter, so the search finds a repetition that is at least a fifth as long
   * as its distance.
   */
  private static final int GROWTH = 4;

  private final JetStreamApi api;
  private final String stream;
  private final String subject;
  private final String anyTable;
  private final PlaceBeforeHoles beforeHoles;

  /**
   * @param holes knows what is missing from the stream
   * @param subject the table's
   * @param anyTable pattern of the subjects of all tables of the same source
   */
  CommitSearch(JetStreamApi api, HoleSource holes, String stream, String subject, String anyTable) {
    this.api = api;
    this.stream = stream;
    this.subject = subject;
    this.anyTable = anyTable;
    this.beforeHoles =
        new PlaceBeforeHoles(
            api, holes, stream, anyTable, message -> CommitTime.of(message.data()));
  }

  /** The first packet of a message. */
  private record Head(long sequence, Instant committedAt) {}

  /** Implements {@link dev.creek.consumer.stream.ChangeLog#committedSince}. */
  Mono<ChangesSince> since(Instant time) {
    return api.stream(stream)
        .switchIfEmpty(Mono.error(() -> SubjectReader.noStream(stream)))
        .flatMap(
            now ->
                isWhole(now, time)
                    .flatMap(
                        whole ->
                            first(now.first(), now.last() + 1, time)
                                .flatMap(found -> beforeHoles.of(now, found - 1, time))
                                .map(after -> new ChangesSince(now.identity(), after, whole))));
  }

  /** Tells whether everything that was removed at the stream's old end was committed before. */
  private Mono<Boolean> isWhole(StreamState now, Instant time) {
    return now.first() <= 1
        ? Mono.just(true)
        : head(anyTable, now.first())
            .map(oldest -> !oldest.committedAt().isAfter(time))
            .defaultIfEmpty(false);
  }

  /** Sequence of the first message that is not before the time; {@code end} if there is none. */
  private Mono<Long> first(long begin, long end, Instant time) {
    return narrowed(begin, end, end, time)
        .flatMap(
            found ->
                earlier(begin, found, 1, time)
                    .flatMap(before -> first(begin, before, time))
                    .defaultIfEmpty(found));
  }

  /**
   * @param found a sequence whose message is not before the time, or the end
   */
  private Mono<Long> narrowed(long low, long high, long found, Instant time) {
    if (low >= high) {
      return Mono.just(found);
    }
    long middle = low + (high - low) / 2;
    return next(middle)
        .flatMap(
            head ->
                head.committedAt().isBefore(time)
                    ? narrowed(Math.max(head.sequence(), middle) + 1, high, found, time)
                    : narrowed(low, middle, Math.min(found, head.sequence()), time))
        .switchIfEmpty(Mono.defer(() -> narrowed(low, middle, found, time)));
  }

  /** A message before {@code found} that is not before the time; empty if none is found. */
  private Mono<Long> earlier(long begin, long found, long distance, Instant time) {
    long place = found - distance;
    if (place < begin) {
      return Mono.empty();
    }
    return next(place)
        .filter(head -> head.sequence() < found && !head.committedAt().isBefore(time))
        .map(Head::sequence)
        .switchIfEmpty(
            Mono.defer(() -> earlier(begin, found, distance + distance / GROWTH + 1, time)));
  }

  private Mono<Head> next(long sequence) {
    return head(subject, sequence);
  }

  /** The first message with its first packet at a sequence or after it; empty if there is none. */
  private Mono<Head> head(String pattern, long sequence) {
    return api.nextMessage(stream, pattern, sequence)
        .flatMap(
            message -> {
              @Nullable Instant committedAt = CommitTime.of(message.data());
              return committedAt == null
                  ? head(pattern, message.sequence() + 1)
                  : Mono.just(new Head(message.sequence(), committedAt));
            });
  }
}
