package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.OutOfMemoryException;
import dev.creek.consumer.stream.Packet;
import dev.creek.consumer.stream.SchemaUnknownException;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.stream.batch.ChangeDecoder;
import dev.creek.consumer.stream.batch.DecodedChunk;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.SourceTransaction;
import dev.creek.consumer.wire.WalSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Decodes the messages of a database to the changes of a group's members, in stream order. Messages
 * of other tables, and those that a member has applied already, are dropped; but the last of them
 * in a delivery tells whether its source transaction follows that of the changes. Not thread-safe:
 * deliveries come one at a time.
 *
 * <p>A message that cannot be read ends in {@link SeatException}; the changes before it are emitted
 * first.
 */
final class GroupDecoder {
  /** The others wait no longer for a schema. */
  private static final Duration SCHEMA_PATIENCE = Duration.ofSeconds(1);

  private final Map<SourceTable, Route> routes = new HashMap<>();
  private final IdentityHashMap<WalSchema, Seat> seats = new IdentityHashMap<>();
  private final List<Route> touched = new ArrayList<>();
  private long frontier;

  /** Whether nothing was pending at the last delivery. */
  private volatile boolean caughtUp;

  /** The change that was decoded last. */
  private @Nullable Change last;

  /** The member of whose message further packets must follow. */
  private @Nullable Route open;

  /** The way of a member's messages. */
  private static final class Route {
    private final Seat seat;
    private final ChangeDecoder decoder;
    private final long first;
    private @Nullable WalSchema schema;

    /** Changes since its member was told of some. */
    private int changes;

    private @Nullable Change oldest;
    private @Nullable Change newest;

    Route(Seat seat) {
      this.seat = seat;
      this.first = seat.first();
      this.decoder = seat.member().newDecoder(new StartAt.Sequence(first));
    }
  }

  /**
   * @param from the sequence that is read first
   */
  GroupDecoder(List<Seat> members, long from) {
    members.forEach(seat -> routes.put(seat.member().mapping().source(), new Route(seat)));
    frontier = from - 1;
  }

  /** The member whose changes have this schema. */
  Seat seat(WalSchema schema) {
    Seat seat = seats.get(schema);
    if (seat == null) {
      throw new IllegalStateException("no member has schema " + schema.fingerprint());
    }
    return seat;
  }

  /** Tells whether nothing was pending at the last delivery. Thread-safe. */
  boolean isCaughtUp() {
    return caughtUp;
  }

  /** The changes that a delivery completes. */
  Publisher<DecodedChunk> decode(Delivery delivery) {
    return decodeFrom(delivery, 0, new ArrayList<>(delivery.packets().size()));
  }

  private Publisher<DecodedChunk> decodeFrom(Delivery delivery, int index, List<Change> changes) {
    List<Packet> packets = delivery.packets();
    for (int i = index; i < packets.size(); i++) {
      Packet packet = packets.get(i);
      if (packet.table() == null) {
        continue; // another producer's: it comes anywhere
      }
      Route route = routes.get(packet.table());
      if (open != null && open != route) {
        return soFar(changes).concatWith(Mono.error(interleaved(open)));
      }
      if (route == null || packet.sequence() < route.first) {
        continue;
      }
      int before = changes.size();
      try {
        if (!route.decoder.take(packet, changes)) {
          return afterLookup(delivery, i + 1, changes, route);
        }
      } catch (MessageException | OutOfMemoryException e) {
        return soFar(changes).concatWith(Mono.error(new SeatException(route.seat, e)));
      }
      decoded(route, changes, before);
    }
    if (open == null) {
      frontier = Math.max(frontier, delivery.frontier());
    }
    tell(delivery.pending());
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

  private void decoded(Route route, List<Change> changes, int before) {
    open = route.decoder.isInMessage() ? route : null;
    if (changes.size() > before) {
      Change change = changes.get(before);
      last = change;
      frontier = change.sequence();
      count(route, change);
      know(route, change.schema());
    }
  }

  private void count(Route route, Change change) {
    if (route.changes++ == 0) {
      route.oldest = change;
      touched.add(route);
    }
    route.newest = change;
  }

  @SuppressWarnings("ReferenceEquality") // as in SchemaBreaks
  private void know(Route route, WalSchema schema) {
    if (route.schema != schema) {
      route.schema = schema;
      seats.put(schema, route.seat);
    }
  }

  private void tell(long pending) {
    boolean turns = caughtUp != (pending == 0);
    caughtUp = pending == 0;
    for (Route route : touched) {
      Member member = route.seat.member();
      Change oldest = route.oldest;
      Change newest = route.newest;
      if (oldest != null && newest != null) {
        member.read(route.changes, oldest.committedAt(), newest.sequence());
      }
      route.changes = 0;
      if (!turns) {
        member.readTo(frontier, pending);
      }
    }
    touched.clear();
    if (turns) {
      routes.values().forEach(route -> route.seat.member().readTo(frontier, pending));
    }
  }

  private Flux<DecodedChunk> afterLookup(
      Delivery delivery, int next, List<Change> changes, Route route) {
    List<Change> more = new ArrayList<>();
    return soFar(changes)
        .concatWith(
            route
                .decoder
                .lookUp(more)
                .timeout(SCHEMA_PATIENCE)
                .onErrorMap(TimeoutException.class, e -> unknown(route))
                .onErrorMap(e -> new SeatException(route.seat, e))
                .thenMany(
                    Flux.defer(
                        () -> {
                          decoded(route, more, 0);
                          return decodeFrom(delivery, next, more);
                        })));
  }

  private static SchemaUnknownException unknown(Route route) {
    return new SchemaUnknownException(
        "a schema of " + route.seat.member().mapping().source() + " is not known yet");
  }

  /** Producers publish a message's packets one after the other. */
  private static SeatException interleaved(Route route) {
    return new SeatException(
        route.seat,
        new MessageException(
            "a message of "
                + route.seat.member().mapping().source()
                + " is interrupted by another table's"));
  }

  private Flux<DecodedChunk> soFar(List<Change> changes) {
    return changes.isEmpty() ? Flux.empty() : Flux.just(new DecodedChunk(changes, 1, frontier));
  }
}
