package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.stream.SchemaCache;
import dev.creek.consumer.wire.Fingerprint;
import java.util.List;
import java.util.Objects;
import reactor.core.publisher.Mono;

/** {@code schema_cache} in the control schema. */
public final class SchemaCacheTable implements SchemaCache {
  private final Sessions sessions;
  private final String find;
  private final String put;

  public SchemaCacheTable(Sessions sessions, String controlSchema) {
    this.sessions = sessions;
    String table = SqlNames.quoted(controlSchema, "schema_cache");
    // Another table's text comes after all of this table's own; each text once.
    this.find =
        """
        select text from %s
        where fingerprint = $1
        group by text
        order by max(case when source = $2 then seen_at end) desc nulls last, max(seen_at) desc
        """
            .formatted(table);
    this.put =
        """
        insert into %s (fingerprint, source, text) values ($1, $2, $3)
        on conflict (fingerprint, source, md5(text)) do update set seen_at = excluded.seen_at
        """
            .formatted(table);
  }

  @Override
  public Mono<List<String>> find(SourceTable source, Fingerprint fingerprint) {
    return sessions.use(
        "schema cache of " + source,
        session ->
            session
                .query(
                    find,
                    statement ->
                        statement.bind(0, fingerprint.toString()).bind(1, source.toString()),
                    row -> Objects.requireNonNull(row.get(0, String.class)))
                .collectList());
  }

  @Override
  public Mono<Void> put(SourceTable source, Fingerprint fingerprint, String text) {
    return sessions
        .use(
            "schema cache of " + source,
            session ->
                session.update(
                    put,
                    statement ->
                        statement
                            .bind(0, fingerprint.toString())
                            .bind(1, source.toString())
                            .bind(2, text)))
        .then();
  }
}
