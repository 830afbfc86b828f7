package dev.creek.consumer.postgres;

import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.FencedException;
import dev.creek.consumer.stream.Incompleteness;
import java.util.Objects;
import reactor.core.publisher.Mono;

/** Sets marks on claimed tables, beside what their writers do. */
final class Marks {
  private final Sessions sessions;
  private final SubscriptionTable subscriptions;

  Marks(Sessions sessions, SubscriptionTable subscriptions) {
    this.sessions = sessions;
    this.subscriptions = subscriptions;
  }

  /** True if it is new; errors where the claim is over. */
  Mono<Boolean> set(Claim claim, Incompleteness mark) {
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
