package dev.creek.consumer.postgres.definition;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaPart;
import dev.creek.consumer.postgres.definition.Step.Create;
import dev.creek.consumer.postgres.definition.Step.Exists;
import dev.creek.consumer.postgres.definition.Step.LeftOut;
import dev.creek.consumer.postgres.definition.Step.Work;
import dev.creek.consumer.postgres.definition.Step.Work.Concurrently;
import dev.creek.consumer.postgres.definition.Step.Work.Locked;
import dev.creek.consumer.postgres.definition.Step.Work.Validate;
import dev.creek.consumer.postgres.definition.TableDefinition.Constraint;
import dev.creek.consumer.postgres.definition.TableDefinition.Index;
import dev.creek.consumer.postgres.session.SqlNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Steps for indexes, and for constraints that concern one table alone. */
final class IndexSteps {
  private final TableDefinition source;
  private final TableDefinition target;
  private final boolean concurrently;
  private final String table;

  /**
   * @param concurrently whether sessions can run statements outside transactions
   */
  private IndexSteps(TableDefinition source, TableDefinition target, boolean concurrently) {
    this.source = source;
    this.target = target;
    // PostgreSQL cannot for partitioned tables.
    this.concurrently = concurrently && !target.partitioned();
    this.table = "ALTER TABLE " + target.quoted();
  }

  static List<Step> of(
      TableDefinition source, TableDefinition target, Set<SchemaPart> parts, boolean concurrently) {
    var indexes = new IndexSteps(source, target, concurrently);
    var steps = new ArrayList<Step>();
    if (parts.contains(SchemaPart.CONSTRAINTS)) {
      source.constraints().stream()
          .filter(constraint -> !constraint.kind().equals("f"))
          .map(indexes::constraint)
          .forEach(steps::add);
    }
    if (parts.contains(SchemaPart.INDEXES)) {
      source.indexes().stream()
          .filter(index -> !index.primary() && !index.constrained() && index.valid())
          .map(indexes::index)
          .forEach(steps::add);
    }
    return steps;
  }

  private Step constraint(Constraint constraint) {
    String what = what(constraint);
    List<String> lacking = target.lacking(constraint.columns());
    if (!lacking.isEmpty()) {
      return lacking(what, lacking);
    }
    boolean exists =
        target.constraints().stream()
            .anyMatch(
                own ->
                    own.kind().equals(constraint.kind())
                        && (own.name().equals(constraint.name())
                            || own.definition().equals(constraint.definition())));
    if (exists) {
      return new Exists(what);
    }
    return switch (constraint.kind()) {
      case "c" -> new Create(what, check(constraint));
      case "u" -> unique(what, constraint);
      default -> new Create(what, Locked.with(SchemaDifference.Work.INDEX, add(constraint)));
    };
  }

  private static String what(Constraint constraint) {
    String kind =
        switch (constraint.kind()) {
          case "c" -> "check ";
          case "u" -> "unique constraint ";
          default -> "exclusion constraint ";
        };
    return kind + SqlNames.quoted(constraint.name());
  }

  private static Step lacking(String what, List<String> columns) {
    return new LeftOut(
        what,
        "the target does not have column "
            + String.join(", ", columns.stream().map(SqlNames::quoted).toList()));
  }

  private String add(Constraint constraint) {
    return table
        + " ADD CONSTRAINT "
        + SqlNames.quoted(constraint.name())
        + " "
        + constraint.definition();
  }

  private Work[] check(Constraint constraint) {
    String add = add(constraint);
    if (!constraint.validated()) {
      return new Work[] {new Locked(add)};
    }
    String name = SqlNames.quoted(constraint.name());
    return new Work[] {
      new Locked(add + " NOT VALID"),
      new Validate(
          table + " VALIDATE CONSTRAINT " + name, table + " DROP CONSTRAINT IF EXISTS " + name)
    };
  }

  /** By its index, which is built first, or is there already. */
  private Step unique(String what, Constraint constraint) {
    Optional<Index> index =
        source.indexes().stream()
            .filter(each -> each.name().equals(constraint.index()))
            .findFirst();
    if (!concurrently || index.isEmpty() || index.get().rest() == null) {
      return new Create(what, Locked.with(SchemaDifference.Work.INDEX, add(constraint)));
    }
    String name = SqlNames.quoted(constraint.name());
    String use =
        table
            + " ADD CONSTRAINT "
            + name
            + " UNIQUE USING INDEX "
            + SqlNames.quoted(index.get().name())
            + (constraint.deferrable() ? " DEFERRABLE" : "")
            + (constraint.deferred() ? " INITIALLY DEFERRED" : "");
    Step built = index(index.get());
    if (built instanceof LeftOut left) {
      return new LeftOut(what, left.reason(), left.works());
    }
    var works = new ArrayList<Work>();
    if (built instanceof Create create) {
      works.addAll(create.works());
    }
    boolean bare =
        target.indexes().stream()
            .anyMatch(own -> own.name().equals(constraint.index()) && !own.constrained());
    works.add(
        built instanceof Create || bare
            ? new Locked(use)
            : Locked.with(SchemaDifference.Work.INDEX, add(constraint)));
    return new Create(what, List.copyOf(works), null);
  }

  private Step index(Index index) {
    String what = "index " + SqlNames.quoted(index.name());
    String rest = index.rest();
    List<String> lacking = target.lacking(index.columns());
    if (!lacking.isEmpty()) {
      return lacking(what, lacking);
    }
    if (rest == null) {
      return new LeftOut(what, "its definition begins in a way that is not known here");
    }
    String name = SqlNames.quoted(target.namespace(), index.name());
    Optional<Index> there =
        target.indexes().stream()
            .filter(
                own ->
                    own.name().equals(index.name())
                        || (own.valid()
                            && own.unique() == index.unique()
                            && Objects.equals(own.rest(), rest)))
            .findFirst();
    if (there.isPresent()) {
      return there.get().valid()
          ? new Exists(what)
          : new LeftOut(
              what,
              "an index of this name is being built, or was left behind by an attempt that ended before it was complete; in the latter case drop it and run this again",
              Locked.with(SchemaDifference.Work.CATALOG_BESIDE, "DROP INDEX CONCURRENTLY " + name));
    }
    String create =
        "CREATE "
            + (index.unique() ? "UNIQUE " : "")
            + "INDEX "
            + (concurrently ? "CONCURRENTLY " : "")
            + SqlNames.quoted(index.name())
            + " ON "
            + target.quoted()
            + " USING "
            + rest;
    return new Create(
        what,
        concurrently
            ? new Concurrently(create, "DROP INDEX CONCURRENTLY IF EXISTS " + name)
            : Locked.with(SchemaDifference.Work.INDEX_WITHOUT_WRITERS, create));
  }
}
