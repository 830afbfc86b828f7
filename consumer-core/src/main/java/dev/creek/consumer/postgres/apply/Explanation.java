package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.catalog.LoadTable;
import dev.creek.consumer.postgres.catalog.RefusalSql;
import dev.creek.consumer.postgres.catalog.ShadowTableSql;
import dev.creek.consumer.postgres.catalog.TableHints;
import dev.creek.consumer.postgres.session.Refusal;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlErrors;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Tells why a table could not be written, after a second look at the catalog and at the values: the
 * same of changes and of snapshots.
 */
public final class Explanation {
  private static final Logger log = LoggerFactory.getLogger(Explanation.class);

  /** The error itself must not wait for words about it. */
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final Sessions sessions;
  private final TableHints hints;

  public Explanation(Sessions sessions, TableHints hints) {
    this.sessions = sessions;
    this.hints = hints;
  }

  /** Tells whether a second look is worth while: then what the failed statement held is to go. */
  public static boolean isLookedAt(Throwable error) {
    return error instanceof KeptOutException || SqlErrors.refusal(error) != null;
  }

  /**
   * The error as our callers know it; never errors. The look takes a session of its own, and asks
   * for no lock: whoever calls has let go of what the failed statement held.
   *
   * @param what what failed: the table
   * @param attempt null where nothing is known of what was written
   */
  public Mono<RuntimeException> described(
      Throwable error, String what, @Nullable WriteAttempt attempt) {
    return described(work -> sessions.use("explanation of an error", work), error, what, attempt);
  }

  /**
   * The same in a session.
   *
   * @param session one that is in no transaction
   */
  public Mono<RuntimeException> described(
      Session session, Throwable error, String what, WriteAttempt attempt) {
    return described(work -> work.apply(session), error, what, attempt);
  }

  /** Where a look may be taken. */
  private interface Looking {
    Mono<RuntimeException> at(Function<Session, Mono<RuntimeException>> work);
  }

  private Mono<RuntimeException> described(
      Looking looking, Throwable error, String what, @Nullable WriteAttempt attempt) {
    if (attempt != null && (error instanceof KeptOutException || FoldedSql.missedRows(error))) {
      return look(looking, session -> keptOut(session, what, attempt))
          .switchIfEmpty(
              Mono.fromSupplier(() -> KeptOutException.described(what, hints.decided("..."))));
    }
    RuntimeException described = SqlErrors.described(error, what, hints);
    Refusal refusal = SqlErrors.refusal(error);
    return refusal == null || attempt == null || described == error || !refusal.mayBeExplained()
        ? Mono.just(described)
        : look(looking, session -> explained(session, refusal, what, attempt))
            .defaultIfEmpty(described);
  }

  /** Empty where nothing more is known; what keeps it from being found out is no error here. */
  private Mono<RuntimeException> look(
      Looking looking, Function<Session, Mono<RuntimeException>> work) {
    return looking
        .at(work)
        .timeout(LIMIT)
        .onErrorResume(
            e -> {
              log.debug("{}: the error is not explained", hints.mapping(), e);
              return Mono.empty();
            });
  }

  private Mono<RuntimeException> explained(
      Session session, Refusal refusal, String what, WriteAttempt attempt) {
    return named(session, refusal, attempt)
        .flatMap(
            known ->
                new RefusedWrite(session, known, attempt, hints)
                    .explain()
                    .map(it -> SqlErrors.described(known, what, it.where(), hints.again(it.hint())))
                    .switchIfEmpty(
                        Mono.fromSupplier(
                            () ->
                                SqlErrors.described(
                                    known, what, "", hints.forState(known.sqlState())))));
  }

  /** What a fresh table and its indexes are called is nobody's concern: they are gone by now. */
  private static Mono<Refusal> named(Session session, Refusal refusal, WriteAttempt attempt) {
    LoadTable fresh = attempt.fresh();
    return fresh == null || !refusal.names(fresh.name())
        ? Mono.just(refusal)
        : session
            .query(
                ShadowTableSql.NAMES,
                statement -> statement.bind(0, attempt.target().oid()).bind(1, fresh.name()),
                row ->
                    Map.entry(
                        Objects.requireNonNull(row.get(0, String.class)),
                        Objects.requireNonNull(row.get(1, String.class))))
            .collectList()
            .map(refusal::renamed);
  }

  private Mono<RuntimeException> keptOut(Session session, String what, WriteAttempt attempt) {
    return session
        .query(
            RefusalSql.DECIDING,
            statement -> statement.bind(0, attempt.target().oid()),
            row -> Objects.requireNonNull(row.get(0, String.class)))
        .next()
        .map(fix -> KeptOutException.described(what, hints.decided(fix)));
  }
}
