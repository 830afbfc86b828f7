package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.postgres.catalog.LoadTable;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.postgres.session.SqlNames;
import java.util.Set;
import reactor.core.publisher.Mono;

/**
 * Waits for other sessions' transactions and queries whose view of the database is older than a
 * loaded table's last rows. To them a table that takes another's place would be empty, or half
 * full.
 *
 * <p>CREATE INDEX CONCURRENTLY is the one statement with which PostgreSQL lets any role wait for
 * them; it shows them only to privileged roles. The index covers no rows.
 */
final class OlderSnapshots {
  /** Lock not available, and the statement's time limit. */
  private static final Set<String> TIMES_UP = Set.of("55P03", "57014");

  private OlderSnapshots() {}

  /** Waits as long as the session's limits allow; errors if a swap must be given up. */
  static Mono<Void> awaitEnd(Session session, LoadTable fresh) {
    String index = SqlNames.quoted(fresh.name() + "_w");
    return session
        .execute(
            "create index concurrently "
                + index
                + " on "
                + fresh.sqlName()
                + " ((true)) where false")
        .then(
            Mono.defer(
                () ->
                    session.execute(
                        "drop index " + SqlNames.quoted(fresh.namespace()) + "." + index)))
        .onErrorMap(
            e -> TIMES_UP.contains(String.valueOf(SqlErrors.sqlState(e))),
            e ->
                new SwapErrors.NoSwap(
                    "a transaction that began before the snapshot was loaded is still open"));
  }
}
