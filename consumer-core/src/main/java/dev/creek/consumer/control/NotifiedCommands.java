package dev.creek.consumer.control;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Command.Verb;
import dev.creek.consumer.api.TargetTable;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BufferOverflowStrategy;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Commands in the payloads of notifications, as the Go consumer took them: each is stored in the
 * {@link CommandLog} and is then like any other. Nothing keeps a notification that no service
 * hears, and any role may send one, so this is for those who cannot call a function. Run it once.
 */
public final class NotifiedCommands {
  private static final Logger LOG = LoggerFactory.getLogger(NotifiedCommands.class);

  /** The Go consumer's; what loses a change is for those who may call the function. */
  private static final Set<Verb> ACCEPTED =
      EnumSet.of(
          Verb.CREATE_SCHEMA,
          Verb.ADD_TABLE,
          Verb.REMOVE_TABLE,
          Verb.SNAPSHOT,
          Verb.APPLY_SNAPSHOT);

  /** A payload is less than 8 KB: bounds the memory that somebody else may fill. */
  private static final int MAX_WAITING = 1024;

  /** What is shown of a payload that is no command. */
  private static final int SHOWN = 200;

  private final Flux<String> payloads;
  private final CommandLog log;
  private final Predicate<TargetTable> mine;
  private final Mono<Void> stop;

  /**
   * @param payloads what is notified, at once or never
   * @param mine whose commands are stored here: all services hear a notification, and one stores it
   */
  public NotifiedCommands(
      Flux<String> payloads, CommandLog log, Predicate<TargetTable> mine, Mono<Void> stop) {
    this.payloads = payloads;
    this.log = log;
    this.mine = mine;
    this.stop = stop;
  }

  /** Runs until it is stopped; never errors. */
  public Mono<Void> run() {
    return payloads
        .onBackpressureBuffer(
            MAX_WAITING, NotifiedCommands::missed, BufferOverflowStrategy.DROP_LATEST)
        .concatMap(this::store, 1)
        .takeUntilOther(stop)
        .then();
  }

  private static void missed(String payload) {
    LOG.warn("Too many notifications at once, missed: {}", shown(payload));
  }

  private Mono<Long> store(String payload) {
    return Mono.fromCallable(() -> parse(payload))
        .filter(command -> mine.test(command.target()))
        .flatMap(log::submit)
        .onErrorResume(
            error -> {
              LOG.warn("Notified, not carried out: {}: {}", shown(payload), described(error));
              return Mono.empty();
            });
  }

  private static Command parse(String payload) {
    Command command = CommandText.parse(payload);
    if (!ACCEPTED.contains(command.verb())) {
      throw new IllegalArgumentException("call the function " + command.verb() + " for that");
    }
    return command;
  }

  private static String described(Throwable error) {
    return shown(String.valueOf(error.getMessage()));
  }

  /** Somebody else's words: one line, and not without end. */
  private static String shown(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…";
  }
}
