package dev.creek.consumer;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.control.CommandLog;
import dev.creek.consumer.postgres.PostgresTarget;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Commands in the target database, which whichever service runs against it carries out; the same
 * that the SQL functions give. Thread-safe; nothing happens before a returned publisher is
 * subscribed to. Errors: {@link DatabaseException}.
 */
public final class CommandQueue {
  /** How often a command that is waited for is looked at: what people take for at once. */
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(100);

  private final Servers servers;
  private final Mono<PostgresTarget> readable;

  CommandQueue(Servers servers, Runs runs) {
    this.servers = servers;
    this.readable = servers.readable(runs::isRunning);
  }

  /**
   * Gives a command to whichever service runs against this target, now or later: it is stored, and
   * carried out once a service is there.
   *
   * @return its id, or that of the same command where that is the last one that waits for the
   *     table; errors with {@link DatabaseException} where it cannot be stored
   */
  public Mono<Long> submit(Command command) {
    return servers.database().flatMap(db -> db.commands().submit(command));
  }

  /**
   * Waits for a command's end.
   *
   * @param timeout how long at most
   * @return the command as it is then, finished or not; empty where there is none of this id
   */
  public Mono<CommandRecord> await(long id, Duration timeout) {
    return readable
        .map(PostgresTarget::commands)
        .flatMap(
            log -> follow(log, id).take(timeout).takeLast(1).switchIfEmpty(log.find(id)).next());
  }

  /**
   * Looks at a command again and again, until it is finished: that is the last element.
   *
   * @return empty where there is none of this id
   */
  public Flux<CommandRecord> follow(long id) {
    return readable.map(PostgresTarget::commands).flatMapMany(log -> follow(log, id));
  }

  private static Flux<CommandRecord> follow(CommandLog log, long id) {
    Mono<CommandRecord> look = log.find(id);
    return look.expand(
        command ->
            command.outcome() == CommandOutcome.PENDING
                ? Mono.delay(LOOK_INTERVAL).then(look)
                : Mono.empty());
  }

  /**
   * Cancels a command: one that waits ends at once, one that runs is ended by the service that
   * carries it out, within moments, and leaves its table as it was; no subscription ends by it. Who
   * takes a snapshot by {@link Snapshots#take} cancels by disposing of that.
   *
   * @return false where it has ended already; errors with {@link DatabaseException} where there is
   *     none of this id. {@link #follow} tells how it ends: a moment too late it may end otherwise
   */
  public Mono<Boolean> cancel(long id) {
    return readable.flatMap(db -> db.commands().cancel(id));
  }

  /**
   * Commands and what became of them, newest first: those that have not ended, the first 500 of
   * them, and the newest of those that have.
   *
   * @param ended how many that have ended, at most
   */
  public Flux<CommandRecord> newest(int ended) {
    return readable.flatMapMany(db -> db.commands().newest(ended));
  }
}
