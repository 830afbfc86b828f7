package dev.creek.consumer.stream.batch;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.OutOfMemoryException;
import dev.creek.consumer.stream.Packet;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.SourceTransaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Decodes the messages of a database to the changes of some of its tables, in stream order.
 * Messages of other tables, and those before a table's first, are dropped; but the last of them in
 * a delivery tells whether its source transaction follows that of the changes. Not thread-safe:
 * deliveries come one at a time.
 *
 * <p>A message that cannot be read ends in its route's {@link Route#failure}; the changes before it
 * are emitted first.
 *
 * @param <R> the tables' routes
 */
public final class DatabaseDecoder<R extends DatabaseDecoder.Route> {
  private static final int SCHEMAS_AT_ONCE = 256;

  /** No table waits longer for the schemas of others. */
  private static final Duration AHEAD = Duration.ofMillis(500);

  private final Routes<R> routes;
  private long frontier;

  /** The change that was decoded last. */
  private @Nullable Change last;

  /** The route of whose message further packets must follow. */
  private @Nullable R open;

  /** The way of one table's messages. */
  public interface Route {
    /** The table. */
    SourceTable source();

    /** Its decoder, for it alone. */
    ChangeDecoder decoder();

    /** Messages of it before this stream sequence are dropped. */
    long first();

    /** The error for a message of it that cannot be read, or for packets that are out of place. */
    Throwable failure(RuntimeException error);

    /** The lookup of a schema of it, with its limit and with the errors of this route. */
    Mono<Void> lookUp(Mono<Void> lookup);
  }

  /** The routes, and notice of what comes by them. */
  public interface Routes<R> {
    /** The route of a table; null if its messages are dropped. */
    @Nullable R of(SourceTable table);

    /** A change was decoded. */
    void decoded(R route, Change change);

    /**
     * A delivery was decoded completely.
     *
     * @param frontier stream sequence up to which all changes have been decoded
     * @param pending number of further messages of the database
     */
    void read(long frontier, long pending);
  }

  /**
   * @param from the sequence that is read first
   */
  public DatabaseDecoder(Routes<R> routes, long from) {
    this.routes = routes;
    this.frontier = from - 1;
  }

  /** The changes that a delivery completes. */
  public Publisher<DecodedChunk> decode(Delivery delivery) {
    return decodeFrom(delivery, 0, new ArrayList<>(delivery.packets().size()));
  }

  private Publisher<DecodedChunk> decodeFrom(Delivery delivery, int index, List<Change> changes) {
    List<Packet> packets = delivery.packets();
    for (int i = index; i < packets.size(); i++) {
      Packet packet = packets.get(i);
      if (packet.table() == null) {
        continue; // another producer's: it comes anywhere
      }
      R route = routes.of(packet.table());
      if (open != null && open != route) {
        return soFar(changes).concatWith(Mono.error(interleaved(open)));
      }
      if (route == null || packet.sequence() < route.first()) {
        continue;
      }
      int before = changes.size();
      try {
        if (!route.decoder().take(packet, changes)) {
          return afterLookup(delivery, i + 1, changes, route);
        }
      } catch (MessageException | OutOfMemoryException e) {
        return soFar(changes).concatWith(Mono.error(route.failure(e)));
      }
      decoded(route, changes, before);
    }
    if (open == null) {
      frontier = Math.max(frontier, delivery.frontier());
    }
    routes.read(frontier, delivery.pending());
    boolean complete = open == null && isComplete(packets);
    return Mono.just(new DecodedChunk(changes, delivery.pending(), frontier, complete));
  }

  /**
   * Tells whether a message of a later source transaction follows the last change. All messages of
   * a transaction follow one another, so the last one behind the change tells it.
   */
  private boolean isComplete(List<Packet> packets) {
    Change before = last;
    if (before == null) {
      return false;
    }
    for (int i = packets.size() - 1; i >= 0; i--) {
      Packet packet = packets.get(i);
      SourceTable table = packet.table();
      if (packet.sequence() <= before.sequence()) {
        return false;
      }
      SourceTransaction made = table == null ? null : SourceTransaction.of(packet.data(), table);
      if (made != null) {
        return !made.made(before);
      }
    }
    return false;
  }

  private void decoded(R route, List<Change> changes, int before) {
    open = route.decoder().isInMessage() ? route : null;
    if (changes.size() > before) {
      Change change = changes.get(before);
      last = change;
      frontier = change.sequence();
      routes.decoded(route, change);
    }
  }

  private Flux<DecodedChunk> afterLookup(
      Delivery delivery, int next, List<Change> changes, R route) {
    List<Change> more = new ArrayList<>();
    return soFar(changes)
        .concatWith(
            route
                .lookUp(Mono.when(route.decoder().lookUp(more), lookAhead(delivery, next, route)))
                .thenMany(
                    Flux.defer(
                        () -> {
                          decoded(route, more, 0);
                          return decodeFrom(delivery, next, more);
                        })));
  }

  /**
   * Looks up the schemas of other tables in the rest of a delivery at the same time: when hundreds
   * of tables are met for the first time, they would be looked up one after another. What is not
   * found is looked up again when its turn comes.
   */
  private Mono<Void> lookAhead(Delivery delivery, int next, R current) {
    Map<R, Fingerprint> unknown = new LinkedHashMap<>();
    List<Packet> packets = delivery.packets();
    for (int i = next; i < packets.size(); i++) {
      Packet packet = packets.get(i);
      R route = packet.table() == null ? null : routes.of(packet.table());
      if (route != null
          && route != current
          && packet.sequence() >= route.first()
          && !unknown.containsKey(route)) {
        Fingerprint fingerprint = route.decoder().unknown(packet);
        if (fingerprint != null) {
          unknown.put(route, fingerprint);
        }
      }
    }
    return Flux.fromIterable(unknown.entrySet())
        .flatMap(
            entry ->
                entry
                    .getKey()
                    .decoder()
                    .find(entry.getValue())
                    .map(schema -> Map.entry(entry.getKey(), schema))
                    .onErrorResume(e -> Mono.empty()),
            SCHEMAS_AT_ONCE)
        .take(AHEAD)
        .collectList()
        .doOnNext(found -> found.forEach(one -> one.getKey().decoder().know(one.getValue())))
        .then();
  }

  /** Producers publish a message's packets one after the other. */
  private Throwable interleaved(R route) {
    return route.failure(
        new MessageException(
            "a message of " + route.source() + " is interrupted by another table's"));
  }

  private Flux<DecodedChunk> soFar(List<Change> changes) {
    return changes.isEmpty() ? Flux.empty() : Flux.just(new DecodedChunk(changes, 1, frontier));
  }
}
