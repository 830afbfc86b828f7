package dev.creek.consumer.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.Packet;
import dev.creek.consumer.testing.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/** A reader that asks when it is told to, and keeps what it gets. */
final class Reading extends BaseSubscriber<Delivery> {
  static final Duration LIMIT = Patience.LIMIT;

  final Queue<Delivery> deliveries = new ConcurrentLinkedQueue<>();
  final Queue<String> threads = new ConcurrentLinkedQueue<>();
  final AtomicLong packets = new AtomicLong();
  private final long firstDemand;
  volatile @Nullable Throwable error;

  private Reading(long firstDemand) {
    this.firstDemand = firstDemand;
  }

  static Reading of(Flux<Delivery> flux, long firstDemand) {
    var reading = new Reading(firstDemand);
    flux.subscribe(reading);
    return reading;
  }

  static Reading all(Flux<Delivery> flux) {
    return of(flux, Long.MAX_VALUE);
  }

  @Override
  protected void hookOnSubscribe(Subscription subscription) {
    if (firstDemand > 0) {
      request(firstDemand);
    }
  }

  @Override
  protected void hookOnNext(Delivery delivery) {
    threads.add(Thread.currentThread().getName());
    deliveries.add(delivery);
    packets.addAndGet(delivery.packets().size());
  }

  @Override
  protected void hookOnError(Throwable e) {
    error = e;
  }

  void awaitPackets(long count) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              if (error != null) {
                throw new AssertionError("reading ended", error);
              }
              assertThat(packets.get()).isGreaterThanOrEqualTo(count);
            });
  }

  /** A delivery has come; with a whole database it may hold nothing of the table. */
  void awaitDelivery() {
    await().atMost(LIMIT).until(() -> !deliveries.isEmpty());
  }

  Throwable awaitError() {
    await().atMost(LIMIT).until(() -> error != null);
    return java.util.Objects.requireNonNull(error);
  }

  Delivery last() {
    var list = List.copyOf(deliveries);
    return list.get(list.size() - 1);
  }

  List<Packet> allPackets() {
    List<Packet> all = new ArrayList<>();
    deliveries.forEach(delivery -> all.addAll(delivery.packets()));
    return all;
  }

  /** Each number once, in order, none missing. */
  void assertNumbers(long from, long count) {
    long expected = from;
    long before = 0;
    for (Packet packet : allPackets()) {
      assertThat(Broker.number(packet.data())).isEqualTo(expected++);
      assertThat(packet.sequence()).isGreaterThan(before);
      before = packet.sequence();
    }
    assertThat(expected).isEqualTo(from + count);
  }
}
