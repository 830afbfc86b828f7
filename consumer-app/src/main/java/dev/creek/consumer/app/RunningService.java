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
 * Has a running service carry out what a verb asks for: in its turn behind what others asked,
 * recorded in the command log, and whatever becomes of this process.
 */
final class RunningService {
  /** Longer than a restart of a service, shorter than people take for hanging. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final int LOOKS = 6;
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
  private static final String NO_DATA_FOUND = "P0002";

  /** With the next one less than a verb may take to end once it has been asked to. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(3);

  private static final Duration END_LIMIT = Duration.ofSeconds(4);

  /** The lease of a service that is gone ends within some of these. */
  private static final Duration ASKED_AGAIN = Duration.ofSeconds(2);

  private final CreekConsumer facade;
  private final Duration timeout;
  private final Sinks.Empty<Void> unwanted = Sinks.empty();
  private final Set<SubmittedCommand> followed = ConcurrentHashMap.newKeySet();

  /**
   * @param timeout how long a command that was given waits for a service where none runs any more
   */
  RunningService(CreekConsumer facade, Duration timeout) {
    this.facade = facade;
    this.timeout = timeout;
  }

  /**
   * Gives it a command and follows what becomes of it.
   *
   * @param otherwise what is done where no service runs; nothing is given then
   * @return errors with what the service says, or with what goes on without us
   */
  Flux<CommandStep> carryOut(Command command, Flux<CommandStep> otherwise) {
    // What only ends something needs no control schema of its own making.
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
   * Cancels all that is followed.
   *
   * @param grace how long their end is waited for
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

  /** One that has lost its connection is back within moments, or it is gone. */
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

  /** Of the services. */
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

  /** Its end is told by its row; errors where it cannot be cancelled, or takes too long. */
  private Mono<Void> cancelled(SubmittedCommand given) {
    return facade
        .commands()
        .cancel(given.id())
        .timeout(ANSWER_LIMIT)
        .then(Mono.delay(END_LIMIT))
        .then(Mono.error(given::isBeingCancelled));
  }

  /**
   * Completes when certainly no service has been there for a while. One that shows itself late, as
   * on a machine under load, works on.
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
