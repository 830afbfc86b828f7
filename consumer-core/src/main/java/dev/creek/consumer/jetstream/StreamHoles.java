package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.Position.StreamIdentity;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;

/**
 * Finds the messages that are missing from the middle of streams. A list is requested only if the
 * number of messages that were ever removed has changed, and one list serves all tables of a
 * stream. Thread-safe.
 */
final class StreamHoles implements HoleSource {
  /** About 20 MB of JSON, and 16 MB in memory. */
  private static final long MOST = 2_000_000;

  private final JetStreamApi api;
  private final Map<String, Listed> lists = new ConcurrentHashMap<>();

  StreamHoles(JetStreamApi api) {
    this.api = api;
  }

  private record Listed(StreamIdentity stream, long removed, Mono<Holes> holes) {
    boolean fits(StreamState now) {
      return stream.equals(now.identity()) && removed == now.removed();
    }
  }

  @Override
  public Mono<Holes> of(StreamState now) {
    if (now.deleted() == 0) {
      return Mono.just(Holes.NONE);
    }
    return now.deleted() > MOST ? Mono.just(Holes.EVERYWHERE) : listed(now).holes();
  }

  private Listed listed(StreamState now) {
    return lists.compute(
        now.identity().name(),
        (name, last) ->
            last != null && last.fits(now)
                ? last
                : new Listed(now.identity(), now.removed(), list(now)));
  }

  private Mono<Holes> list(StreamState now) {
    String name = now.identity().name();
    return api.deleted(name).map(Holes::of).doOnError(e -> lists.remove(name)).cache();
  }
}
