package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.postgres.session.Binding;
import dev.creek.consumer.postgres.session.Gathered;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.stream.SchemaCache;
import dev.creek.consumer.wire.Fingerprint;
import io.r2dbc.spi.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/** {@code schema_cache} in the control schema. */
public final class SchemaCacheTable implements SchemaCache {
  private final Sessions sessions;
  private final String find;
  private final String put;
  private final Gathered<Key, List<String>> lookups;
  private final Gathered<Entry, Boolean> entries;

  private record Key(SourceTable source, Fingerprint fingerprint) {}

  private record Entry(Key key, String text) {}

  public SchemaCacheTable(Sessions sessions, String controlSchema) {
    this.sessions = sessions;
    String table = SqlNames.quoted(controlSchema, "schema_cache");
    // Another table's text comes after all of this table's own; each text once.
    this.find =
        """
        select wanted.place::int as place, known.text
        from unnest($1::text[], $2::text[]) with ordinality as wanted (fingerprint, source, place)
        join %s known on known.fingerprint = wanted.fingerprint
        group by wanted.place, known.text
        order by wanted.place,
                 max(case when known.source = wanted.source then known.seen_at end)
                     desc nulls last,
                 max(known.seen_at) desc
        """
            .formatted(table);
    this.put =
        """
        insert into %s (fingerprint, source, text)
        select * from unnest($1::text[], $2::text[], $3::text[])
        on conflict (fingerprint, source, md5(text)) do update set seen_at = excluded.seen_at
        """
            .formatted(table);
    this.lookups =
        new Gathered<>(
            this::found,
            key -> found(List.of(key)).map(texts -> Objects.requireNonNull(texts.get(key))));
    this.entries = new Gathered<>(this::stored, entry -> stored(List.of(entry)).thenReturn(true));
  }

  @Override
  public Mono<List<String>> find(SourceTable source, Fingerprint fingerprint) {
    return lookups.ask(new Key(source, fingerprint));
  }

  private Mono<Map<Key, List<String>>> found(List<Key> keys) {
    return sessions
        .use(
            purpose(keys, Key::source),
            session ->
                session
                    .query(
                        find,
                        statement -> bind(statement, keys, key -> key),
                        row ->
                            Map.entry(
                                keys.get(
                                    Objects.requireNonNull(row.get("place", Integer.class)) - 1),
                                Objects.requireNonNull(row.get("text", String.class))))
                    .collectList())
        .map(
            rows -> {
              Map<Key, List<String>> texts = new HashMap<>();
              keys.forEach(key -> texts.put(key, new ArrayList<>()));
              rows.forEach(
                  row ->
                      texts
                          .computeIfAbsent(row.getKey(), key -> new ArrayList<>())
                          .add(row.getValue()));
              return texts;
            });
  }

  @Override
  public Mono<Void> put(SourceTable source, Fingerprint fingerprint, String text) {
    return entries.ask(new Entry(new Key(source, fingerprint), text)).then();
  }

  private Mono<Map<Entry, Boolean>> stored(List<Entry> texts) {
    return sessions
        .use(
            purpose(texts, entry -> entry.key().source()),
            session ->
                session.update(
                    put,
                    statement -> {
                      bind(statement, texts, Entry::key);
                      statement.bind(2, Binding.each(texts, Entry::text));
                    }))
        .thenReturn(texts.stream().collect(Collectors.toMap(text -> text, text -> true)));
  }

  private static <T> void bind(Statement statement, List<T> things, Function<T, Key> key) {
    statement
        .bind(0, Binding.each(things, one -> key.apply(one).fingerprint().toString()))
        .bind(1, Binding.each(things, one -> key.apply(one).source().toString()));
  }

  private static <T> String purpose(List<T> things, Function<T, SourceTable> source) {
    return "schema cache of "
        + (things.size() == 1 ? source.apply(things.get(0)) : things.size() + " tables");
  }
}
