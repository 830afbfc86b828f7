package dev.creek.consumer.postgres.definition;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.postgres.definition.Step.Create;
import dev.creek.consumer.postgres.definition.Step.Work;
import dev.creek.consumer.postgres.definition.Step.Work.Concurrently;
import dev.creek.consumer.postgres.definition.Step.Work.Locked;
import dev.creek.consumer.postgres.definition.Step.Work.Validate;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.postgres.session.SqlHints;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;
import reactor.util.retry.RetryBackoffSpec;

/** Carries steps out on a target whose tables are in use. */
final class StepRunner {
  /**
   * A statement that waits for a lock keeps everybody behind it waiting. So it waits for a moment,
   * and comes again.
   */
  private static final String PRELUDE =
      """
      set local lock_timeout = '2s';
      set local enable_seqscan = on;
      set local enable_hashjoin = on;
      set local enable_mergejoin = on
      """;

  /** Nobody waits behind an index that waits, which needs the end of every transaction. */
  private static final String CONCURRENTLY = "set lock_timeout = '15min'";

  private static final int LOCK_TRIES = 20;
  private static final Duration LOCK_PAUSE = Duration.ofSeconds(1);

  /** Lock not available, deadlock. */
  private static final Set<String> OF_LOCKS = Set.of("55P03", "40P01");

  /** Rows that others are about to bring, such as the parents of children. */
  private static final int ROW_TRIES = 5;

  private static final String ROW_MISSING = "23503";
  private static final String EXISTS = "42P07";

  private final Sessions sessions;

  /**
   * @param sessions of statements that take as long as they need
   */
  StepRunner(Sessions sessions) {
    this.sessions = sessions;
  }

  /**
   * Completes if all of it is done; errors with {@link DatabaseException}.
   *
   * @param what the table
   */
  Mono<Void> run(String what, Create step) {
    return Flux.fromIterable(step.works()).concatMap(work -> run(what, work), 1).then();
  }

  private Mono<Void> run(String what, Work work) {
    if (work instanceof Locked locked) {
      return locked(what, locked.statements());
    }
    if (work instanceof Validate validate) {
      return locked(what, List.of(validate.statement()))
          .retryWhen(again(ROW_TRIES).filter(e -> SqlErrors.isState(ROW_MISSING, e)))
          .onErrorResume(
              e -> locked(what, List.of(validate.undo())).onErrorComplete().then(Mono.error(e)));
    }
    return concurrently(what, (Concurrently) work);
  }

  private Mono<Void> locked(String what, List<String> statements) {
    return sessions
        .transaction(
            what,
            SqlHints.NONE,
            session ->
                session
                    .execute(PRELUDE)
                    .then(session.execute(String.join("; ", statements)))
                    .thenReturn(true))
        .retryWhen(
            again(LOCK_TRIES).filter(e -> OF_LOCKS.contains(String.valueOf(SqlErrors.sqlState(e)))))
        .then();
  }

  private Mono<Void> concurrently(String what, Concurrently work) {
    return alone(what, work.statement())
        .onErrorResume(
            e ->
                SqlErrors.isState(EXISTS, e)
                    ? Mono.error(e)
                    : alone(what, work.undo()).onErrorComplete().then(Mono.error(e)));
  }

  /** Outside a transaction. */
  private Mono<Void> alone(String what, String statement) {
    return sessions
        .use(
            what,
            (Session session) ->
                session.execute(CONCURRENTLY).then(session.execute(statement)).thenReturn(true))
        .then();
  }

  /** The last error is the one that is told. */
  private static RetryBackoffSpec again(int tries) {
    return Retry.fixedDelay(tries, LOCK_PAUSE)
        .onRetryExhaustedThrow((spec, signal) -> signal.failure());
  }
}
