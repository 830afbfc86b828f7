package dev.creek.consumer.postgres.catalog;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.session.CreationRace;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.postgres.session.SqlHints;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.ChangePlan;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.SourceType;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireField;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

/** Creates a target table from a source's schema, or reports why the existing one does not fit. */
public final class TableCreator {
  /** NAMEDATALEN, without its end. */
  private static final int LONGEST_NAME = 63;

  private final Sessions sessions;

  public TableCreator(Sessions sessions) {
    this.sessions = sessions;
  }

  /** Returns false if the table exists and fits. */
  public Mono<Boolean> create(TargetTable target, WalSchema schema) {
    Mono<Boolean> exists =
        find(target)
            .map(
                found -> {
                  requireFit(schema, found.requireVisible());
                  return false;
                });
    return createUnless(exists, target, schema.after(), SourceKey.of(schema));
  }

  /** Returns false if there is a table; the plan of the rows checks whether it fits. */
  public Mono<Boolean> create(TargetTable target, RecordShape snapshot) {
    return createUnless(find(target).map(found -> false), target, snapshot, SourceKey.of(snapshot));
  }

  /** Returns false if the table exists and takes these rows. */
  public Mono<Boolean> createFitting(TargetTable target, RecordShape snapshot) {
    Mono<Boolean> exists =
        find(target)
            .map(
                found -> {
                  RowPlan.of(snapshot, found.shape());
                  return false;
                });
    return createUnless(exists, target, snapshot, SourceKey.of(snapshot));
  }

  private Mono<Boolean> createUnless(
      Mono<Boolean> exists, TargetTable target, RecordShape rows, List<String> key) {
    return CreationRace.again(
        exists.switchIfEmpty(
            Mono.defer(
                () -> {
                  requireNames(target, rows);
                  return createNew(target, ddl(target, rows, key));
                })));
  }

  /**
   * PostgreSQL cuts longer names, with a notice that is easily overlooked: the table would exist
   * under another name, without ever getting rows.
   */
  private static void requireNames(TargetTable target, RecordShape rows) {
    Stream.concat(
            Stream.of(target.namespace(), target.table()),
            rows.columns().stream().map(WireField::name))
        .filter(name -> name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME)
        .findFirst()
        .ifPresent(
            name -> {
              throw new ShapeMismatchException(
                  "%s cannot be created: the name %s has %d bytes, and PostgreSQL keeps %d"
                      .formatted(
                          target,
                          SqlNames.quoted(name),
                          name.getBytes(StandardCharsets.UTF_8).length,
                          LONGEST_NAME),
                  "name a target whose schema and table have at most %d bytes each, behind the colon of the mapping"
                      .formatted(LONGEST_NAME));
            });
  }

  /** Empty if it is missing. */
  private Mono<CatalogTable> find(TargetTable target) {
    return sessions.use("catalog of " + target, session -> TargetCatalog.find(session, target));
  }

  /**
   * The plan by which changes of this schema are applied.
   *
   * @throws ShapeMismatchException if they cannot be
   */
  public static ChangePlan requireFit(WalSchema schema, CatalogTable found) {
    return ChangePlan.of(schema, found.shape());
  }

  private Mono<Boolean> createNew(TargetTable target, String ddl) {
    String namespace = SqlNames.quoted(target.namespace());
    String what = "creation of " + target;
    return sessions
        .transaction(
            what,
            SqlHints.NONE,
            session ->
                session
                    .query(
                        "select count(*) from pg_catalog.pg_namespace where nspname = $1",
                        statement -> statement.bind(0, target.namespace()),
                        row -> Long.valueOf(1).equals(row.get(0, Long.class)))
                    .single()
                    .flatMap(
                        there ->
                            there ? Mono.empty() : session.execute("create schema " + namespace))
                    .then(session.execute(ddl))
                    .thenReturn(true))
        .onErrorResume(
            e -> SqlErrors.isState("42501", e),
            e -> lacking(target).flatMap(fix -> Mono.error(withHint((DatabaseException) e, fix))));
  }

  private Mono<String> lacking(TargetTable target) {
    return sessions.use(
        "privileges on schema " + target.namespace(),
        session ->
            session
                .query(
                    RefusalSql.CREATION,
                    statement -> statement.bind(0, target.namespace()),
                    row -> String.valueOf(row.get(0, String.class)))
                .single());
  }

  private static DatabaseException withHint(DatabaseException refused, String hint) {
    return new DatabaseException(
        String.valueOf(refused.getMessage()), refused.sqlState(), null, hint, null);
  }

  private static String ddl(TargetTable target, RecordShape rows, List<String> key) {
    String columns =
        rows.columns().stream()
            .map(field -> column(field, key.contains(field.name())))
            .collect(Collectors.joining(",\n    "));
    return "create table "
        + SqlNames.quoted(target.namespace(), target.table())
        + " (\n    "
        + columns
        + (key.isEmpty() ? "" : ",\n    primary key (" + quoted(key) + ")")
        + "\n)";
  }

  private static String column(WireField field, boolean inKey) {
    return SqlNames.quoted(field.name()) + " " + SourceType.sql(field) + (inKey ? " not null" : "");
  }

  private static String quoted(List<String> names) {
    return names.stream().map(SqlNames::quoted).collect(Collectors.joining(", "));
  }
}
