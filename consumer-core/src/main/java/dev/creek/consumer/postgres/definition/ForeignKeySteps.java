package dev.creek.consumer.postgres.definition;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.definition.Step.Create;
import dev.creek.consumer.postgres.definition.Step.Exists;
import dev.creek.consumer.postgres.definition.Step.LeftOut;
import dev.creek.consumer.postgres.definition.Step.Work;
import dev.creek.consumer.postgres.definition.Step.Work.Locked;
import dev.creek.consumer.postgres.definition.Step.Work.Validate;
import dev.creek.consumer.postgres.definition.TableDefinition.Constraint;
import dev.creek.consumer.postgres.session.SqlNames;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** Steps for foreign keys, each to the target of the table that it refers to on the source. */
final class ForeignKeySteps {
  private static final String NOT_VALID = " NOT VALID";

  private final Mapping mapping;
  private final TableDefinition target;
  private final List<Mapping> followed;
  private final Set<TargetTable> existing;

  /**
   * @param followed the tables that foreign keys may refer to, those asked for first
   * @param existing those of their targets that exist
   */
  ForeignKeySteps(
      Mapping mapping, TableDefinition target, List<Mapping> followed, Set<TargetTable> existing) {
    this.mapping = mapping;
    this.target = target;
    this.followed = followed;
    this.existing = existing;
  }

  List<Step> of(TableDefinition source) {
    return source.constraints().stream()
        .filter(constraint -> constraint.kind().equals("f"))
        .map(this::step)
        .toList();
  }

  private Step step(Constraint key) {
    String what = "foreign key " + SqlNames.quoted(key.name());
    var needed =
        new SourceTable(
            mapping.source().database(),
            Objects.requireNonNull(key.otherNamespace()),
            Objects.requireNonNull(key.otherTable()));
    List<TargetTable> candidates =
        followed.stream()
            .filter(each -> each.source().equals(needed))
            .map(Mapping::target)
            .distinct()
            .toList();
    String table = SqlNames.quoted(needed.namespace(), needed.table());
    List<String> lacking = target.lacking(key.columns());
    String rest = key.rest();
    if (!lacking.isEmpty()) {
      return left(what, "the target does not have all of its columns");
    }
    if (rest == null) {
      return left(what, "its definition begins in a way that is not known here");
    }
    if (candidates.isEmpty()) {
      return left(what, "it refers to " + table + " of the source, which is not subscribed");
    }
    List<TargetTable> there = candidates.stream().filter(existing::contains).toList();
    if (there.isEmpty()) {
      return left(what, "it refers to " + candidates.get(0) + ", which does not exist");
    }
    return step(what, key, rest, chosen(needed, there));
  }

  /** The table itself, else the one beside it, else the first. */
  private TargetTable chosen(SourceTable needed, List<TargetTable> candidates) {
    if (needed.equals(mapping.source())) {
      return mapping.target();
    }
    return candidates.stream()
        .filter(each -> each.namespace().equals(mapping.target().namespace()))
        .findFirst()
        .orElse(candidates.get(0));
  }

  private Step step(String what, Constraint key, String rest, TargetTable other) {
    String bare = bare(rest);
    boolean exists =
        target.constraints().stream()
            .filter(own -> own.kind().equals("f"))
            .anyMatch(
                own ->
                    own.name().equals(key.name())
                        || (own.columns().equals(key.columns())
                            && own.otherColumns().equals(key.otherColumns())
                            && other.namespace().equals(own.otherNamespace())
                            && other.table().equals(own.otherTable())
                            && own.rest() != null
                            && bare(own.rest()).equals(bare)));
    if (exists) {
      return new Exists(what);
    }
    String table = "ALTER TABLE " + target.quoted();
    String name = SqlNames.quoted(key.name());
    String add =
        table
            + " ADD CONSTRAINT "
            + name
            + " FOREIGN KEY ("
            + list(key.columns())
            + ") REFERENCES "
            + SqlNames.quoted(other.namespace(), other.table())
            + " ("
            + list(key.otherColumns())
            + ")"
            + bare;
    // PostgreSQL before 18 validates those of partitioned tables at once.
    if (target.partitioned()) {
      return new Create(what, Locked.with(SchemaDifference.Work.KEY_SCAN, add));
    }
    Work added = Locked.with(SchemaDifference.Work.KEY, add + NOT_VALID);
    return key.validated()
        ? new Create(
            what,
            added,
            new Validate(
                table + " VALIDATE CONSTRAINT " + name,
                table + " DROP CONSTRAINT IF EXISTS " + name))
        : new Create(what, added);
  }

  private static String bare(String rest) {
    return rest.endsWith(NOT_VALID) ? rest.substring(0, rest.length() - NOT_VALID.length()) : rest;
  }

  private static String list(List<String> columns) {
    return columns.stream().map(SqlNames::quoted).collect(Collectors.joining(", "));
  }

  private static Step left(String what, String reason) {
    return new LeftOut(what, reason);
  }
}
