package dev.creek.consumer.app;

import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.app.cli.CommandStep;
import dev.creek.consumer.control.Command;
import dev.creek.consumer.stream.Instance;
import java.time.Duration;
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

  private final CreekConsumer facade;
  private final Duration patience;
  private final Sinks.Empty<Void> left = Sinks.empty();

  /**
   * @param patience how long a command that was given waits for a service where none runs any more
   */
  RunningService(CreekConsumer facade, Duration patience) {
    this.facade = facade;
    this.patience = patience;
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
                        .submit(command)
                        .flatMapMany(id -> follow(new GivenCommand(id, command)))
                    : otherwise);
  }

  /** Waits no longer for any command; all go on. */
  Mono<Void> leave() {
    return Mono.fromRunnable(left::tryEmitEmpty);
  }

  private Mono<Boolean> runs() {
    return facade.instances().any(Instance::serving);
  }

  private Flux<CommandStep> follow(GivenCommand given) {
    return facade
        .follow(given.id())
        .onErrorMap(given::outOfSight)
        .<CommandStep>handle(given::tell)
        .takeUntilOther(left.asMono().then(Mono.error(given::goesOn)))
        .takeUntilOther(deserted().then(Mono.error(given::waits)));
  }

  /**
   * Completes when certainly no service has been there for a while. One that shows itself late, as
   * on a machine under load, works on.
   */
  private Mono<Void> deserted() {
    return Flux.interval(patience.dividedBy(LOOKS))
        .onBackpressureDrop()
        .concatMap(tick -> facade.mayBeServed().onErrorReturn(true), 1)
        .scan(0, (looks, runs) -> runs ? 0 : looks + 1)
        .filter(looks -> looks >= LOOKS)
        .next()
        .then();
  }
}
