package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.TableState;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.ReadListener;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Shows a streaming table as waiting while nothing can be read, once that has lasted a moment, and
 * shows what else is refused to it. The reader overcomes the interruption by itself, so the table
 * goes on streaming.
 */
final class OutageListener implements ReadListener {
  /** A reconnect takes less. */
  private static final Duration UNNOTICED = Duration.ofSeconds(2);

  private static final Duration LOOKED_AT_AGAIN = Duration.ofSeconds(5);

  private final TablePipeline line;
  private final Claim claim;
  private final Sinks.Many<Reading> news = Sinks.many().replay().latest();
  private volatile TableState waiting = TableState.STREAMING;

  /** The state of reading. */
  private sealed interface Reading {

    /**
     * Changes are read.
     *
     * @param shown the state to show
     */
    record Goes(TableState shown) implements Reading {}

    /** Nothing is read. */
    record Rests() implements Reading {}
  }

  OutageListener(TablePipeline line, Claim claim) {
    this.line = line;
    this.claim = claim;
  }

  @Override
  public void began(long pending) {
    unhindered();
  }

  @Override
  public void interrupted(String why, @Nullable String hint) {
    waiting = new TableState(TableState.Name.WAITING, "broker: " + why, hint);
    news.tryEmitNext(new Reading.Rests());
  }

  @Override
  public void hindered(String why, @Nullable String hint) {
    news.tryEmitNext(
        new Reading.Goes(new TableState(TableState.Name.STREAMING, "broker: " + why, hint)));
  }

  @Override
  public void unhindered() {
    news.tryEmitNext(new Reading.Goes(TableState.STREAMING));
  }

  /** Never completes. */
  Mono<Void> show() {
    return news.asFlux()
        .distinctUntilChanged()
        .switchMap(now -> now instanceof Reading.Goes goes ? Flux.just(goes.shown()) : waiting())
        .distinctUntilChanged()
        .skipWhile(TableState.STREAMING::equals)
        .concatMap(state -> line.report().enter(claim, state), 1)
        .then(Mono.never());
  }

  /** The reason may change during the wait. */
  private Flux<TableState> waiting() {
    return line.delay(UNNOTICED)
        .thenMany(Flux.interval(Duration.ZERO, LOOKED_AT_AGAIN, line.scheduler()))
        .onBackpressureDrop()
        .map(tick -> waiting);
  }
}
