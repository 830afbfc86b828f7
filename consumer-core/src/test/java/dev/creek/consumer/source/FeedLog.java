package dev.creek.consumer.source;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.Packet;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.SnapshotLog.ChangesSince;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.wire.CommitTime;
import dev.creek.consumer.wire.Fingerprint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** A stream in memory that grows while it is read. Thread-safe. */
final class FeedLog implements ChangeLog {
  private static final StreamIdentity STREAM =
      new StreamIdentity("CREEK_wal_feed", Instant.parse("2026-01-01T00:00:00Z"));
  private static final int DELIVERY = 100;

  private final List<Packet> packets = new ArrayList<>();
  private final Map<SourceTable, List<TableWire>> schemas = new HashMap<>();
  private final Set<Reader> readers = ConcurrentHashMap.newKeySet();
  private long first = 1;

  /** One subscription. */
  private final class Reader {
    private final FluxSink<Delivery> sink;
    private final @Nullable SourceTable only;
    private final AtomicInteger rounds = new AtomicInteger();
    private long next;

    Reader(FluxSink<Delivery> sink, @Nullable SourceTable only, long next) {
      this.sink = sink;
      this.only = only;
      this.next = next;
    }

    void wake() {
      if (rounds.getAndIncrement() == 0) {
        Schedulers.parallel().schedule(this::run);
      }
    }

    private void run() {
      int seen = rounds.get();
      do {
        while (sink.requestedFromDownstream() > 0 && !sink.isCancelled()) {
          Delivery delivery = delivery(this);
          if (delivery == null) {
            break;
          }
          sink.next(delivery);
        }
        seen = rounds.addAndGet(-seen);
      } while (seen != 0);
    }
  }

  /** Publishes messages that follow one another, and their tables' schemas where they are new. */
  void append(List<Message> messages) {
    synchronized (this) {
      for (Message message : messages) {
        List<TableWire> known =
            schemas.computeIfAbsent(message.wire().source(), t -> new ArrayList<>());
        if (known.stream().noneMatch(w -> w.fingerprint().equals(message.wire().fingerprint()))) {
          known.add(message.wire());
        }
        for (byte[] packet : message.packets()) {
          packets.add(new Packet(packets.size() + 1L, packet, message.wire().source()));
        }
      }
    }
    readers.forEach(Reader::wake);
  }

  /** A message of a table. */
  record Message(TableWire wire, List<byte[]> packets) {}

  /** What was published so far is not held any more. */
  synchronized void forget() {
    first = packets.size() + 1L;
  }

  private synchronized @Nullable Delivery delivery(Reader reader) {
    List<Packet> chunk = new ArrayList<>();
    long last = packets.size();
    long at = reader.next;
    for (; at <= last && chunk.size() < DELIVERY; at++) {
      Packet packet = packets.get((int) at - 1);
      if (reader.only == null) {
        chunk.add(packet);
      } else if (reader.only.equals(packet.table())) {
        chunk.add(new Packet(packet.sequence(), packet.data()));
      }
    }
    if (at == reader.next) {
      return null;
    }
    reader.next = at;
    long pending =
        packets.subList((int) at - 1, (int) last).stream()
            .filter(packet -> reader.only == null || reader.only.equals(packet.table()))
            .count();
    return new Delivery(chunk, pending, at - 1);
  }

  @Override
  public synchronized Mono<LogState> state(String database) {
    return Mono.fromSupplier(this::state);
  }

  private synchronized LogState state() {
    return new LogState(STREAM, first, packets.size(), STREAM.created());
  }

  @Override
  public Mono<Generation> generation(String database) {
    return Mono.just(Generation.NEW);
  }

  @Override
  public Flux<Delivery> read(
      SourceTable source, StartAt start, StreamIdentity expected, ReadListener listener) {
    return read(source, start, listener);
  }

  @Override
  public Flux<Delivery> readDatabase(
      String database, StartAt start, StreamIdentity expected, ReadListener listener) {
    return read((SourceTable) null, start, listener);
  }

  private Flux<Delivery> read(@Nullable SourceTable only, StartAt start, ReadListener listener) {
    return Flux.create(
        sink -> {
          LogState now = state();
          long from = start instanceof StartAt.Sequence at ? at.first() : now.firstSequence();
          if (from < now.firstSequence()) {
            sink.error(
                new BrokerException.Gap("the feed has forgotten messages from " + from + " on"));
            return;
          }
          var reader = new Reader(sink, only, from);
          readers.add(reader);
          sink.onDispose(() -> readers.remove(reader));
          sink.onRequest(n -> reader.wake());
          listener.began(now.lastSequence() - from + 1);
        },
        FluxSink.OverflowStrategy.ERROR);
  }

  @Override
  public Mono<ChangesSince> committedSince(SourceTable source, Instant time) {
    return committedSince(source.database(), time);
  }

  @Override
  public Mono<ChangesSince> committedSince(String database, Instant time) {
    return Mono.fromSupplier(() -> since(time));
  }

  private synchronized ChangesSince since(Instant time) {
    long after = packets.size();
    for (int i = packets.size() - 1; i >= first - 1; i--) {
      Instant committedAt = CommitTime.of(packets.get(i).data());
      if (committedAt != null && !committedAt.isBefore(time)) {
        after = i;
      }
    }
    return new ChangesSince(STREAM, after, first == 1 || after >= first);
  }

  @Override
  public Mono<SourceSighting> look(SourceTable source) {
    return Mono.just(new SourceSighting(source, true, List.of()));
  }

  @Override
  public Mono<PublishedSchema> publishedSchema(
      SourceTable source, @Nullable Fingerprint fingerprint) {
    return Mono.fromSupplier(() -> schema(source, fingerprint));
  }

  private synchronized @Nullable PublishedSchema schema(
      SourceTable source, @Nullable Fingerprint fingerprint) {
    PublishedSchema newest = null;
    for (TableWire wire : schemas.getOrDefault(source, List.of())) {
      if (fingerprint == null || fingerprint.equals(wire.fingerprint())) {
        newest = new PublishedSchema(wire.fingerprint(), wire.schemaText());
      }
    }
    return newest;
  }

  @Override
  public Mono<String> requestSchema(SourceTable source, Fingerprint fingerprint) {
    return Mono.empty();
  }
}
