package dev.creek.consumer.postgres.definition;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaPart;
import dev.creek.consumer.postgres.definition.Step.Create;
import dev.creek.consumer.postgres.definition.Step.Exists;
import dev.creek.consumer.postgres.definition.Step.LeftOut;
import dev.creek.consumer.postgres.definition.Step.Work;
import dev.creek.consumer.postgres.definition.Step.Work.Locked;
import dev.creek.consumer.postgres.definition.Step.Work.Validate;
import dev.creek.consumer.postgres.definition.TableDefinition.Column;
import dev.creek.consumer.postgres.definition.TableDefinition.Sequence;
import dev.creek.consumer.postgres.definition.TableDefinition.SequenceValue;
import dev.creek.consumer.postgres.session.SqlNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Steps for what belongs to columns: defaults, identities, sequences, NOT NULL, comments. */
final class ColumnSteps {
  private static final String NOT_NULL = "creek_not_null";

  private static final String NO_VALUES_YET =
      "rows that are there hold NULL in it until it is filled";

  private final TableDefinition source;
  private final TableDefinition target;
  private final String table;
  private final List<Step> steps = new ArrayList<>();

  private ColumnSteps(TableDefinition source, TableDefinition target) {
    this.source = source;
    this.target = target;
    this.table = "ALTER TABLE " + target.quoted();
  }

  static List<Step> of(TableDefinition source, TableDefinition target, Set<SchemaPart> parts) {
    var columns = new ColumnSteps(source, target);
    for (Column column : source.columns()) {
      target
          .column(column.name())
          .ifPresentOrElse(own -> columns.steps(column, own, parts), () -> columns.missing(column));
    }
    if (parts.contains(SchemaPart.COMMENTS)) {
      columns.comment("comment", "TABLE " + target.quoted(), source.comment(), target.comment());
    }
    return columns.steps;
  }

  private void steps(Column column, Column own, Set<SchemaPart> parts) {
    String name = SqlNames.quoted(column.name());
    if (parts.contains(SchemaPart.CONSTRAINTS) && column.notNull()) {
      notNull(name, own);
    }
    if (parts.contains(SchemaPart.DEFAULTS)) {
      filled(name, column, own);
    }
    if (parts.contains(SchemaPart.COMMENTS)) {
      comment(
          "comment on column " + name,
          "COLUMN " + target.quoted() + "." + name,
          column.comment(),
          own.comment());
    }
    boolean sorted = column.collation() != null && !column.collation().equals(own.collation());
    if (sorted && parts.contains(SchemaPart.INDEXES)) {
      leftOut(
          "collation of column " + name,
          "collations are not copied",
          Locked.with(
              SchemaDifference.Work.INDEX,
              table
                  + " ALTER COLUMN "
                  + name
                  + " TYPE "
                  + column.type()
                  + " COLLATE "
                  + column.collation()));
    }
  }

  private void missing(Column column) {
    String name = SqlNames.quoted(column.name());
    if (column.generated()) {
      leftOut(
          "column " + name,
          "it is generated on the source, is not part of its changes, and the target does not have it",
          Locked.with(
              SchemaDifference.Work.REWRITE,
              table
                  + " ADD COLUMN "
                  + name
                  + " "
                  + column.type()
                  + " GENERATED ALWAYS AS ("
                  + column.expression()
                  + ") STORED"));
    } else {
      leftOut("column " + name, "the target does not have it");
    }
  }

  /** A check that is valid saves looking at all rows under a lock that keeps everybody out. */
  private void notNull(String name, Column own) {
    if (own.notNull()) {
      steps.add(new Exists("NOT NULL of column " + name));
      return;
    }
    String set = table + " ALTER COLUMN " + name + " SET NOT NULL";
    if (own.fresh()) {
      leftOut(
          "NOT NULL of column " + name,
          NO_VALUES_YET,
          Locked.with(SchemaDifference.Work.SCAN, set));
      return;
    }
    String drop = table + " DROP CONSTRAINT IF EXISTS " + NOT_NULL;
    steps.add(
        new Create(
            "NOT NULL of column " + name,
            new Locked(
                drop,
                table
                    + " ADD CONSTRAINT "
                    + NOT_NULL
                    + " CHECK ("
                    + name
                    + " IS NOT NULL) NOT VALID"),
            new Validate(table + " VALIDATE CONSTRAINT " + NOT_NULL, drop),
            new Locked(set, drop)));
  }

  private void filled(String name, Column column, Column own) {
    if (column.generated()) {
      if (!own.generated()) {
        leftOut("generation of column " + name, "the target's column is an ordinary one");
      }
      return;
    }
    Sequence sequence = column.sequence();
    if (sequence != null && column.isIdentity()) {
      identity(name, column, sequence, own);
    } else if (sequence != null && column.takesFromSequence()) {
      sequence(name, sequence, own);
    } else if (column.expression() != null) {
      plain(name, column, column.expression(), own);
    }
  }

  private void identity(String name, Column column, Sequence sequence, Column own) {
    String what = "identity of column " + name;
    Sequence there = own.sequence();
    if (own.isIdentity() && there != null) {
      steps.add(new Exists(what));
      value(sequence, there);
    } else if (own.expression() != null) {
      otherDefault(what, own);
    } else if (own.fresh()) {
      leftOut(what, NO_VALUES_YET);
    } else {
      var statements = new ArrayList<String>();
      if (!own.notNull()) {
        statements.add(table + " ALTER COLUMN " + name + " SET NOT NULL");
      }
      statements.add(
          table
              + " ALTER COLUMN "
              + name
              + " ADD GENERATED "
              + (column.identity().equals("a") ? "ALWAYS" : "BY DEFAULT")
              + " AS IDENTITY ("
              + sequence.options()
              + ")");
      String created =
          "pg_catalog.pg_get_serial_sequence(%s, %s)::regclass"
              .formatted(SqlNames.literal(target.quoted()), SqlNames.literal(column.name()));
      create(what, sequence, SequenceValueSql.set(created, sequence.value()), statements);
    }
  }

  private void sequence(String name, Sequence sequence, Column own) {
    String what = "default of column " + name;
    String moved = moved(sequence);
    String next = "nextval(" + SqlNames.literal(moved) + "::regclass)";
    Sequence there = own.sequence();
    if (own.isIdentity() || (own.expression() != null && !own.takesFromSequence())) {
      otherDefault(what, own);
    } else if (there != null) {
      steps.add(new Exists(what));
      value(sequence, there);
    } else {
      var statements = new ArrayList<String>();
      statements.add(
          "CREATE SEQUENCE IF NOT EXISTS "
              + moved
              + " AS "
              + sequence.type()
              + " "
              + sequence.options());
      if (sequence.owned()) {
        statements.add("ALTER SEQUENCE " + moved + " OWNED BY " + target.quoted() + "." + name);
      }
      statements.add(table + " ALTER COLUMN " + name + " SET DEFAULT " + next);
      create(what, sequence, SequenceValueSql.forward(moved, sequence), statements);
    }
  }

  private void create(
      String what, Sequence sequence, @Nullable String set, List<String> statements) {
    if (set != null) {
      statements.add(set);
    }
    steps.add(
        new Create(
            what,
            List.of(new Locked(SchemaDifference.Work.CATALOG, List.copyOf(statements))),
            set == null
                ? "the value of its sequence is not the source's: the role may not read "
                    + sequence.quoted()
                    + " there"
                : "its sequence stands at the source's value"));
  }

  /** Only forward: the target's may have been used. */
  private void value(Sequence sequence, Sequence own) {
    SequenceValue value = sequence.value();
    SequenceValue there = own.value();
    if (value == null || there == null) {
      leftOut("value of sequence " + own.quoted(), "the role may not read it on both sides");
    } else if (value.isAheadOf(there, sequence.increment())) {
      String set = SequenceValueSql.set(SqlNames.literal(own.quoted()) + "::regclass", value);
      steps.add(
          new Create(
              "value of sequence " + own.quoted(),
              "is behind the source's",
              List.of(
                  Locked.with(SchemaDifference.Work.CATALOG_BESIDE, Objects.requireNonNull(set))),
              null));
    }
  }

  /** A sequence beside the table stays beside it. */
  private String moved(Sequence sequence) {
    return SqlNames.quoted(
        sequence.namespace().equals(source.namespace()) ? target.namespace() : sequence.namespace(),
        sequence.name());
  }

  private void plain(String name, Column column, String expression, Column own) {
    String what = "default of column " + name;
    if (column.sequence() != null) {
      leftOut(what, "it is more than the next value of a sequence: " + expression);
    } else if (expression.equals(own.expression())) {
      steps.add(new Exists(what));
    } else if (own.expression() != null || own.isIdentity()) {
      otherDefault(what, own);
    } else {
      steps.add(
          new Create(
              what, new Locked(table + " ALTER COLUMN " + name + " SET DEFAULT " + expression)));
    }
  }

  private void otherDefault(String what, Column own) {
    leftOut(
        what,
        own.isIdentity()
            ? "the target's column is an identity"
            : "the target's column has another one, " + own.expression());
  }

  private void comment(String what, String of, @Nullable String text, @Nullable String own) {
    if (text == null) {
      return;
    }
    Work set =
        Locked.with(
            SchemaDifference.Work.CATALOG_BESIDE,
            "COMMENT ON " + of + " IS " + SqlNames.literal(text));
    if (own == null) {
      steps.add(new Create(what, set));
    } else if (own.equals(text)) {
      steps.add(new Exists(what));
    } else {
      leftOut(what, "the target has another one", set);
    }
  }

  private void leftOut(String what, String reason, Work... works) {
    steps.add(new LeftOut(what, reason, works));
  }
}
