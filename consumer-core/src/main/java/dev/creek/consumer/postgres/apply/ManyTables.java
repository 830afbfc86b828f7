package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.TargetCatalog;
import dev.creek.consumer.postgres.control.SubscriptionTable;
import dev.creek.consumer.postgres.position.KnownTarget;
import dev.creek.consumer.postgres.position.KnownTarget.Sight;
import dev.creek.consumer.postgres.session.Binding;
import dev.creek.consumer.postgres.session.Gathered;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlHints;
import dev.creek.consumer.stream.Claim;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/**
 * What is read about claimed tables before their first rows are written. Tables that are met at the
 * same time share a statement. Thread-safe.
 */
final class ManyTables {
  private final Sessions sessions;
  private final SubscriptionTable subscriptions;

  /** Our role if policies of a table apply to it, otherwise an empty text. */
  private final Gathered<Claim, String> hiddenFrom;

  private final Gathered<Claim, CatalogTable> definitions;
  private final Gathered<Sight, Boolean> settled;

  ManyTables(Sessions sessions, SubscriptionTable subscriptions) {
    this.sessions = sessions;
    this.subscriptions = subscriptions;
    this.hiddenFrom =
        new Gathered<>(
            claims -> hiddenFrom(claims, SqlHints.NONE),
            claim ->
                hiddenFrom(List.of(claim), subscriptions.hints(claim))
                    .map(roles -> Objects.requireNonNull(roles.get(claim))));
    this.definitions =
        new Gathered<>(
            this::definitions,
            claim ->
                inCatalog(
                    List.of(claim),
                    subscriptions.hints(claim),
                    session -> TargetCatalog.find(session, claim.mapping().target())));
    this.settled = new Gathered<>(this::settled, sight -> Mono.just(false));
  }

  /** Errors if policies hide rows of the table from us. */
  Mono<Void> requireVisible(Claim claim) {
    return hiddenFrom
        .ask(claim)
        .filter(role -> !role.isEmpty())
        .flatMap(role -> Mono.error(CatalogTable.hiding(claim.mapping().target(), role)));
  }

  private Mono<Map<Claim, String>> hiddenFrom(List<Claim> claims, SqlHints hints) {
    List<TargetTable> tables = targets(claims);
    return inCatalog(
            claims,
            hints,
            session ->
                session
                    .query(
                        TargetCatalog.HIDDEN_FROM,
                        statement ->
                            statement
                                .bind(0, Binding.each(tables, TargetTable::namespace))
                                .bind(1, Binding.each(tables, TargetTable::table)),
                        row ->
                            Map.entry(
                                claims.get(
                                    Objects.requireNonNull(row.get("place", Integer.class)) - 1),
                                Objects.requireNonNull(row.get("role", String.class))))
                    .collectMap(Map.Entry::getKey, Map.Entry::getValue))
        .map(
            hidden ->
                claims.stream()
                    .collect(
                        Collectors.toMap(claim -> claim, claim -> hidden.getOrDefault(claim, ""))));
  }

  /**
   * The table's definition.
   *
   * @return empty if there is no such table; errors with {@link ShapeMismatchException} if it is a
   *     view or the like
   */
  Mono<CatalogTable> definition(Claim claim) {
    return definitions.ask(claim);
  }

  private Mono<Map<Claim, CatalogTable>> definitions(List<Claim> claims) {
    return inCatalog(
            claims, SqlHints.NONE, session -> TargetCatalog.findAll(session, targets(claims)))
        .map(
            found -> {
              Map<Claim, CatalogTable> all = new HashMap<>();
              for (Claim claim : claims) {
                CatalogTable its = found.get(claim.mapping().target());
                if (its != null) {
                  all.put(claim, its);
                }
              }
              return all;
            });
  }

  /**
   * Tells whether a table need not be examined before its first changes with these columns are
   * written: it is as it was when it was written last, or is not known yet and has been stored as
   * it is. False also if that cannot be told now.
   */
  Mono<Boolean> isSettled(Sight sight) {
    return settled.ask(sight);
  }

  private Mono<Map<Sight, Boolean>> settled(List<Sight> sights) {
    return inCatalog(
            sights.stream().map(Sight::claim).toList(),
            SqlHints.NONE,
            session -> KnownTarget.settled(subscriptions.known(), session, sights))
        .map(settled -> sights.stream().collect(Collectors.toMap(one -> one, settled::contains)));
  }

  private <T> Mono<T> inCatalog(
      List<Claim> claims, SqlHints hints, Function<Session, Mono<T>> work) {
    String what =
        claims.size() == 1
            ? claims.get(0).mapping().target().toString()
            : claims.size() + " tables";
    return sessions.use("catalog of " + what, hints, work);
  }

  private static List<TargetTable> targets(List<Claim> claims) {
    return claims.stream().map(claim -> claim.mapping().target()).toList();
  }
}
