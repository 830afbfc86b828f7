package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Row;
import io.r2dbc.spi.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Positions in a table of PostgreSQL, by R2DBC's own interfaces. */
final class PostgresPositions implements Positions {
  static final String TABLE = "creek_positions";

  /** One or two names, each plain or in double quotes. */
  private static final Pattern NAME =
      Pattern.compile(
          "([A-Za-z_][A-Za-z0-9_$]*|\"[^\"\\x00]+\")(\\.([A-Za-z_][A-Za-z0-9_$]*|\"[^\"\\x00]+\"))?");

  private static final String EXISTS = "select to_regclass($1) is not null";

  private final ConnectionFactory connections;
  private final String name;
  private final String table;

  PostgresPositions(ConnectionFactory connections, String name, String table) {
    if (!NAME.matcher(table).matches()) {
      throw new IllegalArgumentException(
          "'" + table + "' is no name of a table, such as creek_positions or billing.positions");
    }
    if (name.isBlank()) {
      throw new IllegalArgumentException("a reader's name must not be blank");
    }
    this.connections = connections;
    this.name = name;
    this.table = table;
  }

  /** Asks first: a role that may not create tables can use one that is there. */
  private Mono<Void> create(Connection connection) {
    return Flux.from(connection.createStatement(EXISTS).bind("$1", table).execute())
        .concatMap(result -> result.map((row, columns) -> row.get(0, Boolean.class)))
        .single()
        .flatMap(
            exists ->
                Boolean.TRUE.equals(exists)
                    ? Mono.<Void>empty()
                    : updated(connection.createStatement(ddl())).then());
  }

  private String ddl() {
    return """
           create table if not exists %s (
             name text primary key,
             stream text not null,
             stream_created text not null,
             sequence bigint not null,
             lsn bigint not null,
             committed_at timestamptz,
             snapshots text not null,
             updated_at timestamptz not null default now()
           )"""
        .formatted(table);
  }

  @Override
  public Mono<StoredPosition> load() {
    return with(connection -> create(connection).then(load(connection)));
  }

  private Mono<StoredPosition> load(Connection connection) {
    String sql =
        "select stream, stream_created, sequence, lsn, committed_at, snapshots from %s where name = $1"
            .formatted(table);
    return Flux.from(connection.createStatement(sql).bind("$1", name).execute())
        .concatMap(result -> result.map((row, columns) -> position(row)))
        .singleOrEmpty();
  }

  private static StoredPosition position(Row row) {
    OffsetDateTime committedAt = row.get(4, OffsetDateTime.class);
    var position =
        new Position(
            new StreamIdentity(text(row, 0), Instant.parse(text(row, 1))),
            Objects.requireNonNull(row.get(2, Long.class)),
            Objects.requireNonNull(row.get(3, Long.class)),
            committedAt == null ? null : committedAt.toInstant());
    return new StoredPosition(position, text(row, 5));
  }

  private static String text(Row row, int column) {
    return Objects.requireNonNull(row.get(column, String.class));
  }

  @Override
  public Mono<Void> begin(StoredPosition at) {
    return with(connection -> create(connection).then(begin(at, connection)));
  }

  @Override
  public Mono<Void> begin(StoredPosition at, Connection connection) {
    String sql =
        """
        insert into %1$s as p (name, stream, stream_created, sequence, lsn, committed_at, snapshots)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (name) do update
        set stream = excluded.stream, stream_created = excluded.stream_created,
            sequence = excluded.sequence, lsn = excluded.lsn,
            committed_at = excluded.committed_at, snapshots = excluded.snapshots, updated_at = now()"""
            .formatted(table);
    return Mono.defer(() -> updated(bound(connection.createStatement(sql), at))).then();
  }

  @Override
  public Mono<Boolean> move(StoredPosition to, long from, long below) {
    return with(connection -> move(to, from, below, connection));
  }

  @Override
  public Mono<Boolean> move(StoredPosition to, long from, long below, Connection connection) {
    // A row that was removed counts as sequence 0, as the insert's condition says.
    String sql =
        """
        insert into %1$s as p (name, stream, stream_created, sequence, lsn, committed_at, snapshots)
        select $1, $2, $3, $4, $5, $6, $7
        where $8 <= 0 or exists (select from %1$s where name = $1)
        on conflict (name) do update
        set sequence = excluded.sequence, lsn = excluded.lsn,
            committed_at = excluded.committed_at, snapshots = excluded.snapshots, updated_at = now()
        where p.stream = excluded.stream and p.stream_created = excluded.stream_created
          and p.sequence >= $8 and p.sequence < $9"""
            .formatted(table);
    return Mono.defer(
        () ->
            updated(bound(connection.createStatement(sql), to).bind("$8", from).bind("$9", below))
                .map(rows -> rows > 0));
  }

  private Statement bound(Statement statement, StoredPosition stored) {
    Position at = stored.position();
    StreamIdentity stream = Objects.requireNonNull(at.stream());
    statement
        .bind("$1", name)
        .bind("$2", stream.name())
        .bind("$3", stream.created().toString())
        .bind("$4", at.sequence())
        .bind("$5", at.lsn())
        .bind("$7", stored.snapshots());
    @Nullable Instant committedAt = at.committedAt();
    return committedAt == null
        ? statement.bindNull("$6", OffsetDateTime.class)
        : statement.bind("$6", committedAt.atOffset(ZoneOffset.UTC));
  }

  private static Mono<Long> updated(Statement statement) {
    return Flux.from(statement.execute()).concatMap(Result::getRowsUpdated).reduce(0L, Long::sum);
  }

  private <T> Mono<T> with(Function<Connection, Mono<T>> work) {
    return Mono.usingWhen(connections.create(), work, Connection::close);
  }

  @Override
  public String toString() {
    return "Positions[" + name + " in " + table + "]";
  }
}
