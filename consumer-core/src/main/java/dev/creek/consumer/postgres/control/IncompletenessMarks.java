package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.postgres.position.KnownTarget;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.FencedException;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Sets and removes marks of tables, besides those that their writers set. */
public final class IncompletenessMarks {
  private static final Logger log = LoggerFactory.getLogger(IncompletenessMarks.class);

  private final Sessions sessions;
  private final SubscriptionTable subscriptions;

  public IncompletenessMarks(Sessions sessions, SubscriptionTable subscriptions) {
    this.sessions = sessions;
    this.subscriptions = subscriptions;
  }

  /** Checks which of these tables are other ones than before, and marks them. */
  public Mono<Void> look(List<Claim> claims) {
    return sessions
        .use(
            "targets as they are known",
            subscriptions::hint,
            session -> KnownTarget.changed(subscriptions.known(), session, claims).collectList())
        .flatMapIterable(changed -> changed)
        .concatMap(this::look, 1)
        .then();
  }

  private Mono<Void> look(Claim claim) {
    TargetTable target = claim.mapping().target();
    return sessions
        .transaction(
            "look at " + target,
            subscriptions::hint,
            session -> subscriptions.position(claim).known().lookWithoutWaiting(session))
        .onErrorResume(
            e -> {
              log.debug("{} could not be checked: {}", target, e.getMessage());
              return Mono.empty();
            });
  }

  /**
   * The result of a comparison with the source's own rows; if both sides are equal, marks from
   * before its beginning are cleared.
   */
  public Mono<Verification> comparedWithSource(Mapping mapping, Mono<Verification> comparison) {
    return judged(mapping, true, comparison);
  }

  /**
   * The same for a comparison with the rows of a snapshot: in it the same rows may be missing, so
   * marks about that stay.
   */
  public Mono<Verification> comparedWithSnapshot(Mapping mapping, Mono<Verification> comparison) {
    return judged(mapping, false, comparison);
  }

  private Mono<Verification> judged(
      Mapping mapping, boolean rowsProven, Mono<Verification> comparison) {
    return now()
        .flatMap(
            began ->
                comparison.flatMap(
                    found ->
                        found.equal()
                            ? clear(mapping, began, rowsProven, found).map(found::clearing)
                            : Mono.just(found)));
  }

  private Mono<String> now() {
    return sessions.use(
        "the server's time",
        session ->
            session
                .query(
                    "select clock_timestamp()::text",
                    statement -> {},
                    row -> Objects.requireNonNull(row.get(0, String.class)))
                .single());
  }

  private Mono<Long> clear(Mapping mapping, String began, boolean rowsProven, Verification found) {
    String lock =
        "select 1 from "
            + subscriptions.sqlName()
            + " where target = $1 and topic = $2 for no key update";
    String clear =
        subscriptions.marks(mapping.target()).delete()
            + """
             and since <= $1::timestamptz
             and ($2 or cause <> 'thin_snapshot')
             and (cause <> 'column' or not exists (
                 select from unnest($3::text[]) as c (name) where starts_with(c.name, detail || ' (')))
            """;
    return sessions
        .transaction(
            "marks of " + mapping.target(),
            subscriptions::hint,
            session ->
                session
                    .query(
                        lock,
                        statement ->
                            statement
                                .bind(0, mapping.target().toString())
                                .bind(1, mapping.source().toString()),
                        row -> true)
                    .next()
                    .flatMap(
                        locked ->
                            session.update(
                                clear,
                                statement ->
                                    statement
                                        .bind(0, began)
                                        .bind(1, rowsProven)
                                        .bind(2, found.notCompared().toArray(String[]::new)))))
        .defaultIfEmpty(0L)
        .onErrorResume(
            e -> {
              log.warn("Marks of {} stay: {}", mapping.target(), e.getMessage());
              return Mono.just(0L);
            });
  }

  /** Returns true if it is new; errors if the claim is over. */
  public Mono<Boolean> set(Claim claim, Incompleteness mark) {
    PositionSql position = subscriptions.position(claim);
    String sql =
        "with fence as (%s), marked as (%s returning 1) select (select count(*) from marked) as fresh from fence"
            .formatted(position.lock(), position.marks().insert(mark, "fence"));
    return sessions
        .use(
            "mark of " + claim.mapping().target(),
            subscriptions::hint,
            session ->
                session
                    .query(
                        sql,
                        position::bindClaim,
                        row -> Objects.requireNonNull(row.get("fresh", Long.class)) > 0)
                    .next())
        .switchIfEmpty(
            Mono.error(
                () ->
                    new FencedException(
                        claim.mapping().target() + " has been claimed by another")));
  }
}
