package dev.creek.consumer.app.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Handles several arguments, one after the other: if one fails, the others are still done, and the
 * whole fails.
 */
final class EachArgument {
  private EachArgument() {}

  /**
   * Parses all arguments, or reports the error of each.
   *
   * @throws IllegalArgumentException with all errors, one per line
   */
  static <T> List<T> parse(List<String> arguments, Function<String, T> parser) {
    var parsed = new ArrayList<T>();
    var complaints = new ArrayList<String>();
    for (String argument : arguments) {
      try {
        parsed.add(parser.apply(argument));
      } catch (IllegalArgumentException e) {
        complaints.add(String.valueOf(e.getMessage()));
      }
    }
    if (!complaints.isEmpty()) {
      throw new IllegalArgumentException(String.join(System.lineSeparator(), complaints));
    }
    return parsed;
  }

  /**
   * Runs an action for each and prints its result: successes on standard output, failures on
   * standard error.
   *
   * @param action completes with the text for a success
   * @return the exit code
   */
  static <T> Mono<Integer> run(
      List<T> arguments, Function<T, Mono<String>> action, Terminal terminal) {
    return run(arguments, String::valueOf, action, terminal);
  }

  /**
   * The same.
   *
   * @param name prefix of an argument in the report of a failure
   */
  static <T> Mono<Integer> run(
      List<T> arguments,
      Function<T, String> name,
      Function<T, Mono<String>> action,
      Terminal terminal) {
    return Flux.fromIterable(arguments)
        .concatMap(argument -> one(argument, name, action, terminal), 1)
        .reduce(ExitCode.OK, Math::max);
  }

  private static <T> Mono<Integer> one(
      T argument, Function<T, String> name, Function<T, Mono<String>> action, Terminal terminal) {
    return Mono.defer(() -> action.apply(argument))
        .doOnNext(terminal::print)
        .thenReturn(ExitCode.OK)
        .onErrorResume(
            error -> {
              terminal.complain(name.apply(argument) + ": " + Reason.of(error));
              return Mono.just(ExitCode.FAILED);
            });
  }
}
