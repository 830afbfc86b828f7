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
 * Commands in the target database, which any service that runs against it carries out; the same
 * that the SQL functions submit. Thread-safe; nothing happens before a returned publisher is
 * subscribed to. Errors: {@link DatabaseException}.
 */
public final class CommandQueue {
  /** Interval of checks of a command that is waited for; users perceive it as immediate. */
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(100);

  private final Servers servers;
  private final Mono<PostgresTarget> readable;

  CommandQueue(Servers servers, Runs runs) {
    this.servers = servers;
    this.readable = servers.readable(runs::isRunning);
  }

  /**
   * Submits a command to the services that run against this target, now or later: it is stored, and
   * carried out once a service is there.
   *
   * @return its id, or that of the same command if that is the last one that waits for the table;
   *     errors with {@link DatabaseException} if it cannot be stored
   */
  public Mono<Long> submit(Command command) {
    return servers.database().flatMap(db -> db.commands().submit(command));
  }

  /**
   * Waits for a command's end.
   *
   * @param timeout the longest wait
   * @return the command in its state then, finished or not; empty if there is none with this id
   */
  public Mono<CommandRecord> await(long id, Duration timeout) {
    return readable
        .map(PostgresTarget::commands)
        .flatMap(
            log -> follow(log, id).take(timeout).takeLast(1).switchIfEmpty(log.find(id)).next());
  }

  /**
   * Polls a command until it is finished: that is the last element.
   *
   * @return empty if there is none with this id
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
   * Cancels a command. A waiting command ends at once; a running one is ended by its service,
   * within moments, and leaves its table as it was. No subscription ends. A snapshot taken by
   * {@link Snapshots#take} is cancelled by disposing of that.
   *
   * @return false if it has ended already; errors with {@link DatabaseException} if there is none
   *     with this id. {@link #follow} shows its outcome: if the cancellation comes a moment too
   *     late, it may be another one
   */
  public Mono<Boolean> cancel(long id) {
    return readable.flatMap(db -> db.commands().cancel(id));
  }

  /**
   * Commands and their outcomes, newest first: the first 500 of those that have not ended, and the
   * newest of those that have.
   *
   * @param ended maximum number of ended ones
   */
  public Flux<CommandRecord> newest(int ended) {
    return readable.flatMapMany(db -> db.commands().newest(ended));
  }
}
