package dev.creek.consumer.testing;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.SnapshotLog;
import java.time.Duration;
import java.time.Instant;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A broker that holds no snapshots and gets none. */
public final class NoSnapshotLog implements SnapshotLog {
  @Override
  public Flux<PublishedSnapshot> snapshots(SourceTable source) {
    return Flux.empty();
  }

  @Override
  public Mono<PublishedSnapshot> snapshot(SourceTable source, String subject) {
    return Mono.empty();
  }

  @Override
  public Mono<String> requestSnapshot(SourceTable source, Duration timeout) {
    return Mono.error(new BrokerException.NoProducer("nobody takes snapshots", null));
  }

  @Override
  public Flux<Delivery> readSnapshot(SourceTable source, String subject) {
    return Flux.never();
  }

  @Override
  public Mono<ChangesSince> changesSince(SourceTable source, Instant time) {
    return Mono.error(new BrokerException.Unavailable("nobody knows"));
  }
}
