package dev.creek.consumer.postgres.verify;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.control.SubscriptionTable;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.retry.Backoff;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Tables that stand beside a compared one for as long as the comparison lasts: filled by a fresh
 * snapshot, and subscribed as any other. Their names follow from the compared tables' names. While
 * a comparison lives, its session holds the advisory lock of the name's number: what is not locked
 * was left behind.
 */
public final class ComparisonTables {
  private static final Logger log = LoggerFactory.getLogger(ComparisonTables.class);
  private static final String PREFIX = "_creek_verify_";
  private static final int HEXADECIMAL = 16;

  /** A writer, or somebody who reads it, may hold it for a moment. */
  private static final Retry HELD = Backoff.OUTAGE.retries(5);

  private final Sessions sessions;
  private final SubscriptionTable subscriptions;

  public ComparisonTables(Sessions sessions, SubscriptionTable subscriptions) {
    this.sessions = sessions;
    this.subscriptions = subscriptions;
  }

  /** The name of a table's counterpart. */
  static TargetTable of(TargetTable table) {
    long number = UUID.nameUUIDFromBytes(table.toString().getBytes(UTF_8)).getMostSignificantBits();
    return new TargetTable(table.namespace(), PREFIX + String.format(Locale.ROOT, "%016x", number));
  }

  private static long key(TargetTable counterpart) {
    return Long.parseUnsignedLong(counterpart.table().substring(PREFIX.length()), HEXADECIMAL);
  }

  /**
   * Lends the place for a table's counterpart: nothing is there before, nothing afterwards.
   *
   * @param work is given the mapping from the source to the counterpart
   * @return errors with {@link SnapshotException} while another process compares the same table
   */
  public <T> Mono<T> with(Mapping mapping, Function<Mapping, Mono<T>> work) {
    TargetTable place = of(mapping.target());
    return removeLeftovers()
        .then(
            sessions.use(
                "comparison of " + mapping.target(),
                session ->
                    alone(session, mapping, place)
                        .then(
                            Mono.usingWhen(
                                Mono.just(new Mapping(mapping.source(), place)),
                                work,
                                there -> remove(place),
                                (there, error) -> remove(place),
                                there -> remove(place)))));
  }

  private static Mono<Void> alone(Session session, Mapping mapping, TargetTable place) {
    return session
        .tryLock(key(place))
        .flatMap(
            free ->
                free
                    ? Mono.empty()
                    : Mono.error(
                        new SnapshotException(
                            mapping.target() + " is being compared by another process",
                            "wait for its end")));
  }

  /** Whoever applies it is told first; one that does not listen finds neither table nor row. */
  private Mono<Void> remove(TargetTable place) {
    return subscriptions
        .deactivate(place)
        .then(Mono.defer(() -> drop(place)))
        .retryWhen(HELD)
        .onErrorResume(
            e -> {
              log.warn(
                  "{} stays until the next comparison or start of a service: {}",
                  place,
                  e.getMessage());
              return Mono.empty();
            });
  }

  private Mono<Void> drop(TargetTable place) {
    return sessions.transaction(
        "removal of " + place, subscriptions::hint, session -> drop(session, place).then());
  }

  /** In the order in which a writer touches them, or each might wait for the other. */
  private Mono<Long> drop(Session session, TargetTable place) {
    return session
        .execute("drop table if exists " + SqlNames.quoted(place.namespace(), place.table()))
        .then(
            session.update(
                "delete from " + subscriptions.sqlName() + " where target = $1",
                statement -> statement.bind(0, place.toString())));
  }

  /** Removes what comparisons that were killed left behind; the number of tables. */
  public Mono<Long> removeLeftovers() {
    String left =
        "select target from %s where target ~ '\\.%s[0-9a-f]{16}$'"
            .formatted(subscriptions.sqlName(), PREFIX);
    return sessions
        .use(
            "search for tables that comparisons left behind",
            subscriptions::hint,
            session ->
                session
                    .query(
                        left,
                        statement -> {},
                        row -> Objects.requireNonNull(row.get("target", String.class)))
                    .map(TargetTable::parse)
                    .collectList())
        .flatMapIterable(places -> places)
        .concatMap(this::removeDead, 0)
        .count();
  }

  /** One that cannot be removed, as it is another role's, must not keep anybody from starting. */
  private Mono<TargetTable> removeDead(TargetTable place) {
    return sessions
        .transaction(
            "removal of " + place,
            subscriptions::hint,
            session ->
                session
                    .query(
                        "select pg_catalog.pg_try_advisory_xact_lock($1) as free",
                        statement -> statement.bind(0, key(place)),
                        row -> Boolean.TRUE.equals(row.get("free", Boolean.class)))
                    .single()
                    .filter(free -> free)
                    .flatMap(free -> drop(session, place).thenReturn(place)))
        .doOnNext(removed -> log.info("Removed {}, which a comparison left behind", removed))
        .onErrorResume(
            e -> {
              log.warn("{} was left behind by a comparison: {}", place, e.getMessage());
              return Mono.empty();
            });
  }
}
