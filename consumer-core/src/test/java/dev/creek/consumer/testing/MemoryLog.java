package dev.creek.consumer.testing;

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
import dev.creek.consumer.wire.Fingerprint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A broker in memory, for tests of the line: one stream, filled before it is read, delivered in
 * random cuts. What a real nats-server does is not for this one to say.
 */
public class MemoryLog implements ChangeLog {
  private static final StreamIdentity STREAM =
      new StreamIdentity("CREEK_wal", Instant.parse("2026-01-01T00:00:00Z"));
  private static final int MAX_PACKETS = 40;

  private final Map<@Nullable SourceTable, List<Packet>> packets = new HashMap<>();
  private final Map<SourceTable, List<PublishedSchema>> schemas = new HashMap<>();
  private final Random cuts;
  private final Runnable beforeDelivery;
  private long last;
  private BrokerException.@Nullable Denied refusal;

  /**
   * @param seed of the cuts
   * @param beforeDelivery may throw to break a read
   */
  public MemoryLog(long seed, Runnable beforeDelivery) {
    this.cuts = new Random(seed);
    this.beforeDelivery = beforeDelivery;
  }

  /** From now on nobody may read all tables together. */
  public void refuse(BrokerException.Denied why) {
    refusal = why;
  }

  /**
   * Stores a message's packets; the sequence of the last.
   *
   * @param table null if it is another database's
   */
  public long append(@Nullable SourceTable table, List<byte[]> message) {
    for (byte[] packet : message) {
      packets.computeIfAbsent(table, t -> new ArrayList<>()).add(new Packet(++last, packet));
    }
    return last;
  }

  /** Publishes a schema. */
  public void publish(SourceTable table, Fingerprint fingerprint, String schema) {
    schemas
        .computeIfAbsent(table, t -> new ArrayList<>())
        .add(0, new PublishedSchema(fingerprint, schema));
  }

  @Override
  public Mono<LogState> state(String database) {
    return Mono.fromSupplier(() -> new LogState(STREAM, 1, last, STREAM.created()));
  }

  @Override
  public Mono<Generation> generation(String database) {
    return Mono.just(Generation.OLD);
  }

  @Override
  public Flux<Delivery> read(
      SourceTable source, StartAt start, StreamIdentity expected, ReadListener listener) {
    return cut(packets.getOrDefault(source, List.of()), start, listener);
  }

  @Override
  public Flux<Delivery> readDatabase(
      String database, StartAt start, StreamIdentity expected, ReadListener listener) {
    BrokerException.Denied denied = refusal;
    if (denied != null) {
      return Flux.<Delivery>never().doOnSubscribe(begins -> listener.refused(denied));
    }
    List<Packet> all =
        packets.entrySet().stream()
            .flatMap(
                table ->
                    table.getValue().stream()
                        .map(p -> new Packet(p.sequence(), p.data(), table.getKey())))
            .sorted(Comparator.comparingLong(Packet::sequence))
            .toList();
    return cut(all, start, listener);
  }

  private Flux<Delivery> cut(List<Packet> all, StartAt start, ReadListener listener) {
    long first = start instanceof StartAt.Sequence sequence ? sequence.first() : 1;
    List<Packet> wanted = all.stream().filter(p -> p.sequence() >= first).toList();
    return Flux.<Delivery, Integer>generate(
            () -> {
              listener.began(wanted.size());
              return 0;
            },
            (from, sink) -> {
              if (from == wanted.size()) {
                sink.complete();
                return from;
              }
              beforeDelivery.run();
              int to = Math.min(wanted.size(), from + 1 + random(MAX_PACKETS));
              List<Packet> chunk = wanted.subList(from, to);
              sink.next(
                  new Delivery(chunk, wanted.size() - to, chunk.get(chunk.size() - 1).sequence()));
              return to;
            })
        .concatWith(Flux.never());
  }

  private synchronized int random(int bound) {
    return cuts.nextInt(bound);
  }

  @Override
  public Mono<ChangesSince> committedSince(SourceTable source, Instant time) {
    return committedSince(source.database(), time);
  }

  @Override
  public Mono<ChangesSince> committedSince(String database, Instant time) {
    return Mono.just(new ChangesSince(STREAM, 0, true));
  }

  @Override
  public Mono<SourceSighting> look(SourceTable source) {
    return Mono.just(new SourceSighting(source, true, List.of()));
  }

  @Override
  public Mono<PublishedSchema> publishedSchema(SourceTable source, Fingerprint fingerprint) {
    return Flux.defer(() -> Flux.fromIterable(schemas.getOrDefault(source, List.of())))
        .filter(s -> fingerprint == null || s.fingerprint().equals(fingerprint))
        .next();
  }

  @Override
  public Mono<String> requestSchema(SourceTable source, Fingerprint fingerprint) {
    return Mono.empty();
  }
}
