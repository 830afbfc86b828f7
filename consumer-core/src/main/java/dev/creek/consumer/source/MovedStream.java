package dev.creek.consumer.source;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.stream.LogState;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Notices that the producer was replaced by one of the other generation, which writes to another
 * stream: the one that is read would be silent for ever. Looked for only while nothing comes, by
 * one or two requests in each {@code BrokerOptions.frontierInterval}. For one subscription.
 */
final class MovedStream {
  private static final int ONE_AT_A_TIME = 1;

  private final SourcePorts ports;
  private final TableSelection tables;
  private final Beginning beginning;
  private final LongFunction<Mono<Boolean>> handled;

  /** Of the last batch. */
  private volatile Position left;

  /** Stream sequence of the last change that was decoded. */
  private volatile long decoded;

  /** The same when it was last looked at. */
  private long seen = -1;

  private volatile @Nullable LogState present;

  /**
   * @param handled tells whether everything up to a stream sequence has been handled
   */
  MovedStream(
      SourcePorts ports,
      TableSelection tables,
      Beginning beginning,
      LongFunction<Mono<Boolean>> handled) {
    this.ports = ports;
    this.tables = tables;
    this.beginning = beginning;
    this.handled = handled;
    this.left = beginning.position();
  }

  /** A change was decoded. */
  void decoded(long sequence) {
    decoded = sequence;
  }

  /** A batch leaves. */
  void left(Position behind) {
    left = behind;
  }

  /**
   * Completes once another stream is to be read.
   *
   * @param caughtUp tells whether the broker holds nothing more
   */
  Mono<Void> happens(BooleanSupplier caughtUp) {
    return Flux.interval(ports.options().broker().frontierInterval(), ports.scheduler())
        .onBackpressureDrop()
        .filter(tick -> isQuiet() && caughtUp.getAsBoolean())
        .concatMap(tick -> look(), ONE_AT_A_TIME)
        .next()
        .doOnNext(found -> present = found)
        .then();
  }

  private boolean isQuiet() {
    long now = decoded;
    boolean quiet = now == seen && left.sequence() >= now;
    seen = now;
    return quiet;
  }

  /** The other stream, if there is one; an outage is the reader's business. */
  private Mono<LogState> look() {
    return ports
        .changes()
        .stateDetectedAnew(tables.database())
        .filter(now -> !now.stream().name().equals(beginning.stream().name()))
        .filterWhen(now -> handled.apply(decoded))
        .onErrorResume(BrokerException.class, error -> Mono.empty());
  }

  /** The place in the other stream. */
  Mono<Beginning> next() {
    LogState log = Objects.requireNonNull(present);
    return Mono.defer(
        () -> Beginning.elsewhere(left, beginning.holdings(), log, ports.changes(), tables));
  }
}
