package dev.creek.consumer.postgres.check;

import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.TableCreator;
import dev.creek.consumer.postgres.catalog.TargetCatalog;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.ChangePlan;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.SchemaPlan;
import dev.creek.consumer.text.Remedy;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import io.r2dbc.spi.Readable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Checks one target table, changes nothing, and reports whether changes can be applied to it. */
final class TableCheck {
  private static final String TABLE =
      """
      select n.oid is not null as namespace,
             c.oid is not null as present,
             quote_ident(current_user) as role,
             quote_ident(current_database()) as database,
             has_database_privilege(current_database(), 'create') as may_create_namespace,
             has_schema_privilege(n.oid, 'usage') as usable,
             has_schema_privilege(n.oid, 'create') as may_create,
             concat_ws(', ',
                 case when not has_table_privilege(c.oid, 'select') then 'SELECT' end,
                 case when not has_table_privilege(c.oid, 'insert') then 'INSERT' end,
                 case when not has_table_privilege(c.oid, 'update') then 'UPDATE' end,
                 case when not has_table_privilege(c.oid, 'delete') then 'DELETE' end,
                 case when not has_table_privilege(c.oid, 'truncate') then 'TRUNCATE' end)
                 as lacking,
             pg_has_role(c.relowner, 'usage') as owned,
             c.relpersistence = 'u' as unlogged,
             row_security_active(c.oid) as secured
      from (select) as one
      left join pg_namespace n on n.nspname = $1
      left join pg_class c on c.relnamespace = n.oid and c.relname = $2
      """;

  private final Mapping mapping;
  private final String create;
  private final String about;
  private final String name;
  private final String namespace;
  private final List<Finding> findings = new ArrayList<>();

  private TableCheck(Mapping mapping, String create) {
    TargetTable target = mapping.target();
    this.mapping = mapping;
    this.create = create;
    this.about = mapping.toString();
    this.name = SqlNames.quoted(target.namespace(), target.table());
    this.namespace = SqlNames.quoted(target.namespace());
  }

  /**
   * Findings on one mapping: whether its table exists and fits.
   *
   * @param schema the source's newest schema; null if it is not known
   * @param rows its columns from a snapshot, if there is nothing else; otherwise null
   * @param subscribed whether its changes are followed already: then rows are missing with it
   */
  static Flux<Finding> findings(
      Sessions sessions,
      Mapping mapping,
      @Nullable WalSchema schema,
      @Nullable RecordShape rows,
      boolean subscribed) {
    // For a table without changes only a snapshot has the columns.
    String create =
        (schema == null && rows == null) || subscribed
            ? Remedy.resync(mapping)
            : Remedy.create(mapping) + "; or, with its rows: " + Remedy.resync(mapping);
    return Mono.fromSupplier(() -> new TableCheck(mapping, create))
        .flatMap(check -> sessions.use("catalog", session -> check.look(session, schema, rows)))
        .flatMapIterable(findings -> findings);
  }

  private Mono<List<Finding>> look(
      Session session, @Nullable WalSchema schema, @Nullable RecordShape rows) {
    return session
        .query(
            TABLE,
            statement ->
                statement.bind(0, mapping.target().namespace()).bind(1, mapping.target().table()),
            row -> privileges(row))
        .single()
        .filter(present -> present)
        .flatMap(present -> TargetCatalog.find(session, mapping.target()))
        .doOnNext(target -> fit(target, schema))
        .doOnNext(target -> take(target, rows))
        .onErrorResume(
            ShapeMismatchException.class,
            e -> Mono.fromRunnable(() -> problem(String.valueOf(e.getMessage()), e.hint())))
        .thenReturn(findings);
  }

  /** Returns true if there is a table to check. */
  private boolean privileges(Readable row) {
    String role = String.valueOf(row.get("role", String.class));
    if (!is(row, "present")) {
      missing(row, role);
      return false;
    }
    if (!is(row, "usable")) {
      problem(
          "the role may not use its schema",
          "GRANT USAGE ON SCHEMA " + namespace + " TO " + role + ";");
    }
    String lacking = String.valueOf(row.get("lacking", String.class));
    if (!lacking.isEmpty()) {
      problem(
          "the role lacks " + lacking, "GRANT " + lacking + " ON " + name + " TO " + role + ";");
    }
    if (is(row, "secured")) {
      problem("row level security may hide rows from the role", CatalogTable.visible(name, role));
    }
    if (is(row, "unlogged")) {
      warning(
          "is unlogged: a crash of the server empties it while the position stays",
          "ALTER TABLE " + name + " SET LOGGED;");
    }
    if (!is(row, "owned") || !is(row, "may_create")) {
      warning(
          "clean snapshots need its owner, with CREATE on the schema: upsert snapshots work",
          "ALTER TABLE %s OWNER TO %s; GRANT CREATE ON SCHEMA %s TO %s;"
              .formatted(name, role, namespace, role));
    }
    return true;
  }

  private void missing(Readable row, String role) {
    boolean schemaThere = is(row, "namespace");
    if (is(row, schemaThere ? "may_create" : "may_create_namespace")) {
      problem("the target table does not exist", create);
    } else {
      problem(
          "the target table does not exist, and the role may not create it",
          (schemaThere
                  ? "GRANT USAGE, CREATE ON SCHEMA " + namespace
                  : "GRANT CREATE ON DATABASE " + row.get("database", String.class))
              + " TO "
              + role
              + "; then: "
              + create);
    }
  }

  private void fit(CatalogTable target, @Nullable WalSchema schema) {
    if (schema == null) {
      return;
    }
    if (differs(SchemaPlan.of(schema, target.shape(), List.of(), SchemaPolicy.STOP))) {
      return;
    }
    ChangePlan plan = TableCreator.requireFit(schema, target);
    if (plan.assumesKey()) {
      findings.add(
          Finding.ok(
              about,
              "the target table fits the source, which does not show whether its rows differ in the "
                  + "target's key: two rows with the same key stop it"));
    } else if (plan.key() != null) {
      findings.add(Finding.ok(about, "the target table fits the source"));
    } else {
      warning(
          "fits, but has no key: each row is found by all its values, which is slow",
          "ALTER TABLE " + name + " ADD PRIMARY KEY (…); and the same on the source");
    }
  }

  /** Returns true if changes cannot be applied because of a difference. */
  private boolean differs(SchemaPlan plan) {
    List<SchemaDifference> differences = plan.differences();
    List<SchemaDifference> required =
        differences.stream().filter(SchemaDifference::required).toList();
    if (!required.isEmpty()) {
      problem(
          name
              + " does not fit the source: "
              + differences.stream()
                  .map(SchemaDifference::reason)
                  .collect(Collectors.joining("; ")),
          differences.stream()
              .flatMap(difference -> difference.sql().stream())
              .collect(Collectors.joining("\n")));
    } else {
      differences.forEach(it -> warning(it.reason(), String.join(" ", it.sql())));
    }
    return !required.isEmpty();
  }

  /** Keys are compared if changes show them. */
  private void take(CatalogTable target, @Nullable RecordShape rows) {
    if (rows != null) {
      RowPlan.of(rows, target.shape());
      findings.add(Finding.ok(about, "the target table takes the source's columns"));
    }
  }

  private void warning(String text, String fix) {
    findings.add(Finding.warning(about, text, fix));
  }

  private void problem(String text, String fix) {
    findings.add(Finding.problem(about, text, fix));
  }

  private static boolean is(Readable row, String column) {
    return Boolean.TRUE.equals(row.get(column, Boolean.class));
  }
}
