package dev.creek.consumer.source;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.Packet;
import dev.creek.consumer.stream.SnapshotLog;
import dev.creek.consumer.wire.Subjects;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The snapshots of a feed, in memory. Thread-safe. */
final class FeedSnapshots implements SnapshotLog {
  private static final int DELIVERY = 100;

  private final FeedLog changes;
  private final Function<SourceTable, @Nullable Taken> producer;
  private final Map<String, Published> published = new LinkedHashMap<>();
  private long last;

  /** What the producer has taken: all packets, and the time by the source's clock. */
  record Taken(List<byte[]> packets, Instant at) {}

  private record Published(SourceTable table, List<Packet> packets, Instant at) {}

  /**
   * @param producer takes a snapshot of a table; null if it publishes no such table
   */
  FeedSnapshots(FeedLog changes, Function<SourceTable, @Nullable Taken> producer) {
    this.changes = changes;
    this.producer = producer;
  }

  @Override
  public Mono<String> requestSnapshot(SourceTable source, Duration timeout) {
    return Mono.fromCallable(
        () -> {
          Taken taken = producer.apply(source);
          if (taken == null) {
            throw new BrokerException.NoProducer(
                "the producer does not publish " + source, "declare it: feed.table(…)");
          }
          return publish(source, taken);
        });
  }

  private synchronized String publish(SourceTable source, Taken taken) {
    String name =
        new Subjects(Generation.NEW, "CREEK")
            .snapshotSubjects(source)
            .replace("*", "feed_" + (last + 1));
    List<Packet> packets = new ArrayList<>(taken.packets().size());
    for (byte[] packet : taken.packets()) {
      packets.add(new Packet(++last, packet));
    }
    published.put(name, new Published(source, List.copyOf(packets), taken.at()));
    return name;
  }

  /** What was published so far is not held any more. */
  synchronized void forget() {
    published.clear();
  }

  @Override
  public Flux<PublishedSnapshot> snapshots(SourceTable source) {
    return Flux.defer(() -> Flux.fromIterable(all(source)));
  }

  private synchronized List<PublishedSnapshot> all(SourceTable source) {
    return published.entrySet().stream()
        .filter(one -> one.getValue().table().equals(source))
        .map(one -> description(one.getKey(), one.getValue()))
        .toList();
  }

  @Override
  public Mono<PublishedSnapshot> snapshot(SourceTable source, String subject) {
    return snapshots(source).filter(one -> one.subject().equals(subject)).next();
  }

  private static PublishedSnapshot description(String name, Published one) {
    List<Packet> packets = one.packets();
    return new PublishedSnapshot(
        name,
        packets.get(0).sequence(),
        packets.get(packets.size() - 1).sequence(),
        packets.size(),
        one.at(),
        true);
  }

  @Override
  public Flux<Delivery> readSnapshot(SourceTable source, String subject) {
    return Flux.defer(() -> deliveries(packets(subject))).concatWith(Flux.never());
  }

  private synchronized List<Packet> packets(String subject) {
    Published one = published.get(subject);
    return one == null ? List.of() : one.packets();
  }

  private static Flux<Delivery> deliveries(List<Packet> packets) {
    return Flux.range(0, (packets.size() + DELIVERY - 1) / DELIVERY)
        .map(
            i -> {
              int to = Math.min(packets.size(), (i + 1) * DELIVERY);
              return new Delivery(
                  packets.subList(i * DELIVERY, to),
                  packets.size() - to,
                  packets.get(to - 1).sequence());
            });
  }

  /** Here both clocks are one. */
  @Override
  public Mono<ChangesSince> changesSince(SourceTable source, Instant time) {
    return changes.committedSince(source, time);
  }
}
