package dev.creek.consumer.app.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Several arguments, one after the other: one that fails does not keep the others from being done,
 * and makes the whole fail.
 */
final class EachArgument {
  private EachArgument() {}

  /**
   * Parses all arguments, or says of each what is wrong with it.
   *
   * @throws IllegalArgumentException with all complaints, one a line
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
   * Does it to each and tells how it went: successes on standard output, failures on standard
   * error.
   *
   * @param action completes with what to tell of a success
   * @return the exit code
   */
  static <T> Mono<Integer> run(
      List<T> arguments, Function<T, Mono<String>> action, Terminal terminal) {
    return run(arguments, String::valueOf, action, terminal);
  }

  /**
   * The same.
   *
   * @param name what an argument is called where it failed
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
