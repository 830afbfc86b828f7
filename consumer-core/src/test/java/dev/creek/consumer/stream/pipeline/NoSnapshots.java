package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.LogException;
import dev.creek.consumer.stream.SnapshotLog;
import dev.creek.consumer.wire.SourceTable;
import java.time.Duration;
import java.time.Instant;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A broker without snapshots. */
enum NoSnapshots implements SnapshotLog {
  LOG;

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
    return Mono.error(new LogException.Unavailable("nobody takes snapshots"));
  }

  @Override
  public Flux<Delivery> readSnapshot(SourceTable source, String subject) {
    return Flux.never();
  }

  @Override
  public Mono<ChangesSince> changesSince(SourceTable source, Instant time) {
    return Mono.error(new LogException.Unavailable("nobody knows"));
  }
}
