package dev.creek.consumer.postgres.check;

import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.postgres.check.CatalogComparison.Side;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.Capacity;
import dev.creek.consumer.row.KeyStatement;
import dev.creek.consumer.row.Retype;
import dev.creek.consumer.row.TargetColumn;
import dev.creek.consumer.row.TargetShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Compares the columns of two tables, and their keys, as two catalogs tell them. */
final class ColumnComparison {
  /** Types from here on are users', and extensions'; their ids differ between databases. */
  private static final int FIRST_USER_OID = 16_384;

  private final String about;
  private final Side from;
  private final Side into;
  private final TargetShape shape;

  /** Of the target's schema, those that the source's enums are called. */
  private final Set<String> types;

  private final String altering;
  private final List<Finding> findings = new ArrayList<>();

  ColumnComparison(Mapping mapping, Side from, Side into, Set<String> types) {
    this.about = mapping.toString();
    this.from = from;
    this.into = into;
    this.shape = into.table().shape();
    this.types = types;
    this.altering = "ALTER TABLE " + into.table().sqlName() + " ";
  }

  /** What differs, and matters. */
  List<Finding> findings() {
    Map<String, TargetColumn> columns =
        shape.columns().stream().collect(Collectors.toMap(TargetColumn::name, Function.identity()));
    for (TargetColumn column : from.table().shape().columns()) {
      TargetColumn counterpart = columns.remove(column.name());
      if (counterpart == null) {
        missing(column);
      } else {
        compare(column, counterpart);
      }
    }
    columns.values().forEach(this::own);
    if (lacksIdentity(from, into)) {
      problem(
          "has no primary key or unique index on %s, by which the source tells its rows apart"
              .formatted(quoted(from.identity())),
          KeyStatement.sql(shape, from.identity()));
    }
    return findings;
  }

  /** Tells whether no key of the target's has exactly the columns of the replica identity. */
  static boolean lacksIdentity(Side from, Side into) {
    Set<String> identity = Set.copyOf(from.identity());
    return !identity.isEmpty()
        && into.table().shape().uniqueKeys().stream()
            .noneMatch(key -> Set.copyOf(key.columns()).equals(identity));
  }

  static String quoted(List<String> columns) {
    return columns.stream().map(SqlNames::quoted).collect(Collectors.joining(", "));
  }

  private void missing(TargetColumn column) {
    String name = SqlNames.quoted(column.name());
    ColumnFacts facts = from.facts(column.name());
    problem(
        "column " + name + " is missing, the source has it as " + column.type().display(),
        created(facts) + altering + "ADD COLUMN " + defined(name, facts) + ";");
  }

  private String defined(String name, ColumnFacts facts) {
    return name
        + " "
        + type(facts)
        + (facts.expression() == null
            ? ""
            : " GENERATED ALWAYS AS (" + facts.expression() + ") STORED");
  }

  /** The source's type, as the target may have it. */
  private String type(ColumnFacts facts) {
    String labels = facts.enumName();
    return labels == null
        ? facts.plain()
        : SqlNames.quoted(shape.namespace(), labels) + (facts.plain().endsWith("[]") ? "[]" : "");
  }

  /** The enum of a type, where it has to be made first; else empty. */
  private String created(ColumnFacts facts) {
    String labels = facts.enumName();
    return labels == null || types.contains(labels)
        ? ""
        : "CREATE TYPE %s AS ENUM (%s); "
            .formatted(
                SqlNames.quoted(shape.namespace(), labels),
                facts.labels().stream().map(SqlNames::literal).collect(Collectors.joining(", ")));
  }

  private void compare(TargetColumn column, TargetColumn counterpart) {
    String name = SqlNames.quoted(column.name());
    ColumnFacts source = from.facts(column.name());
    ColumnFacts target = into.facts(column.name());
    if (counterpart.generated() != column.generated()) {
      generated(name, source, counterpart.generated());
      return;
    }
    if (counterpart.generated()) {
      return;
    }
    if (!holds(column, source, counterpart, target)) {
      warning(
          "column %s is %s, the source's is %s: a value that does not fit stops the table"
              .formatted(name, counterpart.type().display(), column.type().display()),
          created(source) + Retype.sql(shape, counterpart, type(source)));
    }
    labels(name, source, target);
    if (counterpart.notNull() && !column.notNull() && !inPrimaryKey(column.name())) {
      warning(
          "column %s is NOT NULL, the source's is not: a NULL stops the table".formatted(name),
          target.nullable());
    }
  }

  private void generated(String name, ColumnFacts source, boolean here) {
    if (here) {
      warning(
          "column %s is generated, the source's is not: its values are not written".formatted(name),
          altering + "ALTER COLUMN " + name + " DROP EXPRESSION;");
    } else {
      warning(
          "the source generates column %s, and changes do not carry it: it stays NULL"
              .formatted(name),
          created(source)
              + altering
              + "DROP COLUMN "
              + name
              + ", ADD COLUMN "
              + defined(name, source)
              + ";");
    }
  }

  private static boolean holds(
      TargetColumn column, ColumnFacts source, TargetColumn counterpart, ColumnFacts target) {
    boolean users = counterpart.type().oid() >= FIRST_USER_OID;
    if (target.enumName() != null) {
      return source.enumName() != null && column.type().array() == counterpart.type().array();
    }
    if (users && column.type().oid() >= FIRST_USER_OID) {
      return bare(source.plain()).equals(bare(target.plain()));
    }
    // A type of an extension's, as citext, that takes text.
    return (users && source.plain().matches("(text|varchar|bpchar)\\b.*"))
        || Capacity.holds(column, counterpart);
  }

  /** Without its schema. */
  private static String bare(String type) {
    return type.substring(type.lastIndexOf('.') + 1);
  }

  private void labels(String name, ColumnFacts source, ColumnFacts target) {
    String type = target.enumSql();
    if (type == null || source.enumName() == null) {
      return;
    }
    List<String> lacking =
        source.labels().stream().filter(label -> !target.labels().contains(label)).toList();
    if (!lacking.isEmpty()) {
      warning(
          "column %s is of enum %s, which lacks %d %s of the source's: a row that has one stops the table"
              .formatted(name, type, lacking.size(), lacking.size() == 1 ? "label" : "labels"),
          lacking.stream()
              .map(label -> "ALTER TYPE " + type + " ADD VALUE " + SqlNames.literal(label) + ";")
              .collect(Collectors.joining(" ")));
    }
  }

  /** What the source does not have. */
  private void own(TargetColumn column) {
    boolean optional =
        !column.notNull() || column.hasDefault() || column.generated() || column.alwaysIdentity();
    if (!optional) {
      problem(
          "column %s is NOT NULL without a default, and the source lacks it"
              .formatted(SqlNames.quoted(column.name())),
          into.facts(column.name()).nullable());
    }
  }

  private boolean inPrimaryKey(String column) {
    return into.keys().anyMatch(key -> key.primary() && key.columns().contains(column));
  }

  private void warning(String text, String fix) {
    findings.add(Finding.warning(about, text, fix));
  }

  private void problem(String text, String fix) {
    findings.add(Finding.problem(about, text, fix));
  }
}
