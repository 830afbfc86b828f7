package dev.creek.consumer.app;

import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.app.cli.CommandStep;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Submits a verb's command to a running service: it is carried out in its turn, recorded in the
 * command log, and independent of this process.
 */
final class RunningService {
  /**
   * Longer than a restart of a service, shorter than a user waits before assuming that it hangs.
   */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final int LOOKS = 6;
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
  private static final String NO_DATA_FOUND = "P0002";

  /** Together with the next one less than a verb may take to end after a request to do so. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(3);

  private static final Duration END_LIMIT = Duration.ofSeconds(4);

  /** The lease of a service that is gone ends within some of these. */
  private static final Duration ASKED_AGAIN = Duration.ofSeconds(2);

  private final CreekConsumer facade;
  private final Duration timeout;
  private final Sinks.Empty<Void> unwanted = Sinks.empty();
  private final Set<SubmittedCommand> followed = ConcurrentHashMap.newKeySet();

  /**
   * @param timeout how long a submitted command waits for a service if none runs any more
   */
  RunningService(CreekConsumer facade, Duration timeout) {
    this.facade = facade;
    this.timeout = timeout;
  }

  /**
   * Submits a command and follows it.
   *
   * @param otherwise used if no service runs; then nothing is submitted
   * @return errors with the service's error, or if the command continues without this process
   */
  Flux<CommandStep> carryOut(Command command, Flux<CommandStep> otherwise) {
    // A command that only ends something does not need to create the control schema.
    boolean creates = !(command instanceof Command.RemoveTable);
    return (creates ? facade.initialize().then(runs()) : runs())
        .flatMapMany(
            runs ->
                runs
                    ? facade
                        .commands()
                        .submit(command)
                        .flatMapMany(id -> follow(new SubmittedCommand(id, command)))
                    : otherwise);
  }

  /**
   * Cancels all commands that are followed.
   *
   * @param grace how long to wait for their end
   */
  Mono<Void> cancelAll(Duration grace) {
    return Mono.defer(
        () -> {
          unwanted.tryEmitEmpty();
          return Mono.when(followed.stream().map(SubmittedCommand::ended).toList())
              .timeout(grace, Mono.empty());
        });
  }

  /**
   * Cancels a command and waits for its end, as {@link dev.creek.consumer.app.cli.Consumer#cancel}
   * says.
   */
  Mono<CommandRecord> cancel(long id) {
    return facade
        .commands()
        .cancel(id)
        .onErrorMap(RunningService::isUnknown, RunningService::unknown)
        .flatMap(
            cancelled ->
                cancelled
                    ? end(id)
                    : facade
                        .commands()
                        .follow(id)
                        .next()
                        .flatMap(ended -> Mono.error(over(ended))));
  }

  private Mono<CommandRecord> end(long id) {
    Mono<Void> again =
        Flux.interval(ASKED_AGAIN)
            .onBackpressureDrop()
            .concatMap(tick -> facade.commands().cancel(id).onErrorComplete(), 1)
            .then();
    return facade.commands().follow(id).takeLast(1).next().takeUntilOther(again);
  }

  private static boolean isUnknown(Throwable error) {
    return error instanceof DatabaseException refused && refused.sqlState().equals(NO_DATA_FOUND);
  }

  private static IllegalStateException unknown(Throwable error) {
    return new IllegalStateException(
        "there is no such command; creek-consumer status shows the newest", error);
  }

  private static IllegalStateException over(CommandRecord ended) {
    return new IllegalStateException("it had ended already: " + ended.status());
  }

  /**
   * Tells whether a service runs: one that has lost its connection is back within moments, or it is
   * gone.
   */
  private Mono<Boolean> runs() {
    Mono<Presence> look = Mono.defer(this::presence);
    return look.expand(
            seen -> seen == Presence.LOST ? Mono.delay(BETWEEN_LOOKS).then(look) : Mono.empty())
        .last()
        .map(Presence.CONNECTED::equals);
  }

  private Mono<Presence> presence() {
    return facade
        .health()
        .instances()
        .any(Instance::serving)
        .flatMap(
            connected ->
                connected
                    ? Mono.just(Presence.CONNECTED)
                    : facade
                        .health()
                        .mayBeServed()
                        .map(lost -> lost ? Presence.LOST : Presence.GONE));
  }

  /** The presence of services. */
  private enum Presence {
    CONNECTED,
    LOST,
    GONE
  }

  private Flux<CommandStep> follow(SubmittedCommand given) {
    return Flux.using(
        () -> {
          followed.add(given);
          return given;
        },
        it ->
            facade
                .commands()
                .follow(it.id())
                .onErrorMap(it::outOfSight)
                .<CommandStep>handle(it::report)
                .takeUntilOther(unwanted.asMono().then(cancelled(it)).onErrorMap(it::goesOn))
                .takeUntilOther(deserted().then(Mono.error(it::waits))),
        it -> {
          followed.remove(it);
          it.end();
        });
  }

  /** Its row shows its end; errors if it cannot be cancelled, or takes too long. */
  private Mono<Void> cancelled(SubmittedCommand given) {
    return facade
        .commands()
        .cancel(given.id())
        .timeout(ANSWER_LIMIT)
        .then(Mono.delay(END_LIMIT))
        .then(Mono.error(given::isBeingCancelled));
  }

  /**
   * Completes when certainly no service has been there for a while. A late service, as on a machine
   * under load, still works.
   */
  private Mono<Void> deserted() {
    return Flux.interval(timeout.dividedBy(LOOKS))
        .onBackpressureDrop()
        .concatMap(tick -> facade.health().mayBeServed().onErrorReturn(true), 1)
        .scan(0, (looks, runs) -> runs ? 0 : looks + 1)
        .filter(looks -> looks >= LOOKS)
        .next()
        .then();
  }
}
