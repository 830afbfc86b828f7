package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.SchemaUnknownException;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.stream.batch.ChangeDecoder;
import dev.creek.consumer.stream.batch.DatabaseDecoder;
import dev.creek.consumer.stream.batch.DecodedChunk;
import dev.creek.consumer.wire.Change;
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
import reactor.core.publisher.Mono;

/**
 * Decodes the messages of a database to the changes of a group's members, as {@link
 * DatabaseDecoder} does, and reports to the members what was read of them. Messages that a member
 * has applied already are dropped. Not thread-safe: deliveries come one at a time.
 *
 * <p>A message that cannot be read ends in {@link SeatException}; the changes before it are emitted
 * first.
 */
final class GroupDecoder implements DatabaseDecoder.Routes<GroupDecoder.Route> {
  /** The others wait no longer for a schema. */
  private static final Duration SCHEMA_PATIENCE = Duration.ofSeconds(1);

  private final Map<SourceTable, Route> routes = new HashMap<>();

  /** Never changed but replaced: others look it up while the next delivery is decoded. */
  private volatile IdentityHashMap<WalSchema, Seat> seats = new IdentityHashMap<>();

  private final List<Route> touched = new ArrayList<>();
  private final DatabaseDecoder<Route> decoder;

  /** Whether nothing was pending at the last delivery, of which the members were told. */
  private boolean caughtUp;

  /** Whether nothing is pending, as far as is known. */
  private volatile boolean nothingPending;

  /** The way of a member's messages. */
  static final class Route implements DatabaseDecoder.Route {
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

    @Override
    public SourceTable source() {
      return seat.member().mapping().source();
    }

    @Override
    public ChangeDecoder decoder() {
      return decoder;
    }

    @Override
    public long first() {
      return first;
    }

    @Override
    public SeatException failure(RuntimeException error) {
      return new SeatException(seat, error);
    }

    @Override
    public Mono<Void> lookUp(Mono<Void> lookup) {
      return lookup
          .timeout(SCHEMA_PATIENCE)
          .onErrorMap(TimeoutException.class, e -> unknown())
          .onErrorMap(e -> new SeatException(seat, e));
    }

    private SchemaUnknownException unknown() {
      return new SchemaUnknownException("a schema of " + source() + " is not known yet");
    }
  }

  /**
   * @param from the sequence that is read first
   */
  GroupDecoder(List<Seat> members, long from) {
    members.forEach(seat -> routes.put(seat.member().mapping().source(), new Route(seat)));
    decoder = new DatabaseDecoder<>(this, from);
  }

  /** The member whose changes have this schema. */
  Seat seat(WalSchema schema) {
    Seat seat = seats.get(schema);
    if (seat == null) {
      throw new IllegalStateException("no member has schema " + schema.fingerprint());
    }
    return seat;
  }

  /** Tells whether everything that the stream holds has been read. Thread-safe. */
  boolean isCaughtUp() {
    return nothingPending;
  }

  /** To be told when reading begins: at the end of a quiet stream nothing is delivered at all. */
  ReadListener listener() {
    return new ReadListener() {
      @Override
      public void began(long pending) {
        nothingPending = pending == 0;
      }

      @Override
      public void interrupted(String reason, @Nullable String hint) {
        nothingPending = false;
      }
    };
  }

  /** The changes that a delivery completes. */
  Publisher<DecodedChunk> decode(Delivery delivery) {
    return decoder.decode(delivery);
  }

  @Override
  public @Nullable Route of(SourceTable table) {
    return routes.get(table);
  }

  @Override
  public void decoded(Route route, Change change) {
    count(route, change);
    know(route, change.schema());
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
      var more = new IdentityHashMap<>(seats);
      more.put(schema, route.seat);
      seats = more;
    }
  }

  @Override
  public void read(long frontier, long pending) {
    boolean turns = caughtUp != (pending == 0);
    caughtUp = pending == 0;
    nothingPending = caughtUp;
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
}
