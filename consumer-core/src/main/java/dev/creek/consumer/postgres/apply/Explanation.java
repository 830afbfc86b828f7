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
 * Explains why a table could not be written, after a second look at the catalog and at the values:
 * the same for changes and snapshots.
 */
public final class Explanation {
  private static final Logger log = LoggerFactory.getLogger(Explanation.class);

  /** The error must not be delayed for long by its explanation. */
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final Sessions sessions;
  private final TableHints hints;

  public Explanation(Sessions sessions, TableHints hints) {
    this.sessions = sessions;
    this.hints = hints;
  }

  /** Tells whether a second look is useful: then the failed statement must first be rolled back. */
  public static boolean isLookedAt(Throwable error) {
    return error instanceof KeptOutException || SqlErrors.refusal(error) != null;
  }

  /**
   * The error in the form for our callers; never errors. The look uses a separate session, and
   * takes no lock: the caller has released what the failed statement held.
   *
   * @param what the failed work: the table
   * @param attempt null if nothing is known of what was written
   */
  public Mono<RuntimeException> described(
      Throwable error, String what, @Nullable WriteAttempt attempt) {
    return explained(error, what, attempt).map(Described::error);
  }

  /**
   * An error in the form for our callers.
   *
   * @param refused the column that is the cause; null if it is another one, or not known
   */
  record Described(RuntimeException error, @Nullable RefusedValue refused) {
    static Described of(RuntimeException error) {
      return new Described(error, null);
    }
  }

  /** The same as {@link #described}, with the column that is the cause. */
  Mono<Described> explained(Throwable error, String what, @Nullable WriteAttempt attempt) {
    return explained(work -> sessions.use("explanation of an error", work), error, what, attempt);
  }

  /**
   * The same in a session.
   *
   * @param session one that is in no transaction
   */
  public Mono<RuntimeException> described(
      Session session, Throwable error, String what, WriteAttempt attempt) {
    return explained(work -> work.apply(session), error, what, attempt).map(Described::error);
  }

  /** A place for the second look. */
  private interface Looking {
    Mono<Described> at(Function<Session, Mono<Described>> work);
  }

  private Mono<Described> explained(
      Looking looking, Throwable error, String what, @Nullable WriteAttempt attempt) {
    if (attempt != null && (error instanceof KeptOutException || FoldedSql.missedRows(error))) {
      return look(looking, session -> keptOut(session, what, attempt).map(Described::of))
          .switchIfEmpty(
              Mono.fromSupplier(
                  () -> Described.of(KeptOutException.described(what, hints.decided("...")))));
    }
    RuntimeException described = SqlErrors.described(error, what, hints);
    Refusal refusal = SqlErrors.refusal(error);
    return refusal == null || attempt == null || described == error || !refusal.mayBeExplained()
        ? Mono.just(Described.of(described))
        : look(looking, session -> explained(session, refusal, what, attempt))
            .defaultIfEmpty(Described.of(described));
  }

  /** Empty if nothing more is known; errors of the look itself are ignored. */
  private Mono<Described> look(Looking looking, Function<Session, Mono<Described>> work) {
    return looking
        .at(work)
        .timeout(LIMIT)
        .onErrorResume(
            e -> {
              log.debug("{}: the error is not explained", hints.mapping(), e);
              return Mono.empty();
            });
  }

  private Mono<Described> explained(
      Session session, Refusal refusal, String what, WriteAttempt attempt) {
    return named(session, refusal, attempt)
        .flatMap(
            known ->
                new RefusedWrite(session, known, attempt, hints)
                    .explain()
                    .map(
                        it ->
                            new Described(
                                SqlErrors.described(
                                    known, what, it.where(), hints.again(it.hint())),
                                it.refused()))
                    .switchIfEmpty(
                        Mono.fromSupplier(
                            () ->
                                Described.of(
                                    SqlErrors.described(
                                        known, what, "", hints.forState(known.sqlState()))))));
  }

  /** Replaces the names of a load table and its indexes, which are gone by now. */
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
