package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.app.config.Configuration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Commands of several tables, one after the other, with their progress on standard error. A signal
 * ends it in order.
 */
final class CommandRun {
  /** For giving a snapshot up in order: rolling back, and removing what was loaded. */
  private static final Duration GRACE = Duration.ofSeconds(8);

  /** For reporting what was given up; then the program ends in any case. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private CommandRun() {}

  static int run(Configuration configuration, CliContext around, List<? extends Command> commands) {
    return run(configuration, around, commands, Consumer::carryOut);
  }

  /** The same for commands that must be looked up first. */
  static int run(
      Configuration configuration,
      CliContext around,
      Function<Consumer, Mono<? extends List<? extends Command>>> commands) {
    return start(
        configuration,
        around,
        consumer -> commands.apply(consumer).map(List::<Command>copyOf),
        Consumer::carryOut,
        (consumer, done) -> Mono.just(ExitCode.OK));
  }

  static <C extends Command> int run(
      Configuration configuration,
      CliContext around,
      List<C> commands,
      BiFunction<Consumer, C, Flux<CommandStep>> work) {
    return run(configuration, around, commands, work, (consumer, done) -> Mono.just(ExitCode.OK));
  }

  /**
   * The same.
   *
   * @param afterwards gets the commands that were done; completes with an exit code
   */
  static <C extends Command> int run(
      Configuration configuration,
      CliContext around,
      List<C> commands,
      BiFunction<Consumer, C, Flux<CommandStep>> work,
      BiFunction<Consumer, List<C>, Mono<Integer>> afterwards) {
    return start(configuration, around, consumer -> Mono.just(commands), work, afterwards);
  }

  private static <C extends Command> int start(
      Configuration configuration,
      CliContext around,
      Function<Consumer, Mono<List<C>>> commands,
      BiFunction<Consumer, C, Flux<CommandStep>> work,
      BiFunction<Consumer, List<C>, Mono<Integer>> afterwards) {
    Sinks.Empty<Void> stop = Sinks.empty();
    around.signals().listen(name -> stop.tryEmitEmpty());
    Terminal terminal = around.terminal();
    return WithConsumer.run(
        configuration,
        around,
        consumer -> {
          var succeeded = new ArrayList<C>();
          Mono<Integer> code =
              commands
                  .apply(consumer)
                  .flatMap(
                      given ->
                          EachArgument.run(
                              given,
                              CommandRun::name,
                              command ->
                                  done(
                                          begun(stop)
                                              .thenMany(
                                                  Flux.defer(() -> work.apply(consumer, command))),
                                          name(command),
                                          terminal)
                                      .doOnNext(detail -> succeeded.add(command)),
                              terminal))
                  .flatMap(
                      each ->
                          afterwards.apply(consumer, succeeded).map(then -> Math.max(each, then)));
          Mono<Integer> stopping =
              Mono.defer(() -> consumer.stop(GRACE))
                  .then(Mono.delay(LAST_WORDS))
                  .thenReturn(ExitCode.FAILED);
          return Mono.firstWithSignal(code, stop.asMono().then(stopping));
        });
  }

  private static String name(Command command) {
    return command instanceof Command.OfMapping both
        ? both.mapping().toString()
        : command.target().toString();
  }

  /** Commands after a signal are not begun. */
  private static Mono<Void> begun(Sinks.Empty<Void> stop) {
    return Mono.firstWithSignal(
            stop.asMono().thenReturn(true).defaultIfEmpty(true), Mono.just(false))
        .flatMap(
            stopped -> stopped ? Mono.error(new IllegalStateException("not begun")) : Mono.empty());
  }

  private static Mono<String> done(Flux<CommandStep> steps, String name, Terminal terminal) {
    return Flux.using(
            () -> new SnapshotDisplay(terminal),
            display -> steps.doOnNext(step -> show(step, name, display, terminal)),
            SnapshotDisplay::end)
        .ofType(CommandStep.Done.class)
        .next()
        .map(done -> name + ": " + done.detail())
        .switchIfEmpty(Mono.error(() -> new IllegalStateException("its outcome is not known")));
  }

  private static void show(
      CommandStep step, String name, SnapshotDisplay display, Terminal terminal) {
    if (step instanceof CommandStep.Snapshot snapshot) {
      display.show(snapshot.progress());
    } else if (step instanceof CommandStep.Remark remark) {
      display.end();
      terminal.remark(name + ": " + remark.text());
    }
  }
}
