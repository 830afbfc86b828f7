package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.SnapshotProgress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Snapshots of several tables, one after the other, with their progress on standard error. */
final class SnapshotRun {
  /** For giving a snapshot up in order: rolling back, and removing what was loaded. */
  private static final Duration GRACE = Duration.ofSeconds(8);

  private SnapshotRun() {}

  static int run(
      Configuration configuration,
      Surroundings around,
      List<Mapping> mappings,
      BiFunction<Consumer, Mapping, Flux<SnapshotProgress>> snapshot) {
    Sinks.Empty<Void> stop = Sinks.empty();
    around.signals().listen(name -> stop.tryEmitEmpty());
    Terminal terminal = around.terminal();
    return WithConsumer.run(
        configuration,
        around,
        consumer -> {
          Mono<Integer> code =
              EachArgument.run(
                  mappings,
                  mapping ->
                      shown(
                              stopped(stop)
                                  .thenMany(Flux.defer(() -> snapshot.apply(consumer, mapping))),
                              terminal)
                          .last()
                          .map(SnapshotRun::told),
                  terminal);
          Mono<Void> stopping = stop.asMono().then(Mono.defer(() -> consumer.stop(GRACE)));
          return Flux.merge(code, stopping.then(Mono.<Integer>never())).next();
        });
  }

  /** What comes after a signal is not begun. */
  private static Mono<Void> stopped(Sinks.Empty<Void> stop) {
    return Mono.firstWithSignal(
            stop.asMono().thenReturn(true).defaultIfEmpty(true), Mono.just(false))
        .flatMap(
            stopped -> stopped ? Mono.error(new IllegalStateException("not begun")) : Mono.empty());
  }

  private static Flux<SnapshotProgress> shown(Flux<SnapshotProgress> progress, Terminal terminal) {
    return Flux.using(
        () -> new SnapshotDisplay(terminal),
        display -> progress.doOnNext(display::show),
        SnapshotDisplay::end);
  }

  private static String told(SnapshotProgress done) {
    return String.format(
        Locale.ROOT,
        "%s: %,d rows of %s in %.1f s",
        done.mapping(),
        done.rowsDone(),
        done.subject(),
        done.elapsed().toMillis() / 1000.0);
  }
}
