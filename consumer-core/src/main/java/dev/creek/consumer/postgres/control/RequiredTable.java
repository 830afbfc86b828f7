package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.text.Remedy;
import reactor.core.publisher.Mono;

/** The table that must be there before it is subscribed. */
public final class RequiredTable {
  private RequiredTable() {}

  /**
   * Completes if a table that is to be subscribed exists, or a waiting command will create it, as
   * the SQL function {@code add_table} requires.
   *
   * @return errors with {@link DatabaseException}
   */
  public static Mono<Void> require(Sessions sessions, String controlSchema, Mapping mapping) {
    String log = SqlNames.quoted(controlSchema, "_notification_log");
    return sessions
        .use(
            "table " + mapping.target(),
            session ->
                session
                    .query(
                        """
                        select 1
                        from pg_class c join pg_namespace n on n.oid = c.relnamespace
                        where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p')
                        union all
                        select 1
                        from %s l
                        where l.target = $3 and l.finished_at is null
                          and l.verb in ('create_schema', 'snapshot', 'apply_snapshot', 'resync')
                        limit 1
                        """
                            .formatted(log),
                        statement ->
                            statement
                                .bind(0, mapping.target().namespace())
                                .bind(1, mapping.target().table())
                                .bind(2, mapping.target().toString()),
                        row -> true)
                    .next())
        .switchIfEmpty(Mono.error(() -> missing(mapping)))
        .then();
  }

  private static DatabaseException missing(Mapping mapping) {
    return new DatabaseException(
        "table " + mapping.target() + " does not exist",
        "42P01",
        null,
        "create it first: "
            + Remedy.create(mapping)
            + "; or, with its rows: "
            + Remedy.resync(mapping),
        null);
  }
}
