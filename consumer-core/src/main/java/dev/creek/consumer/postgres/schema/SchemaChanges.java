package dev.creek.consumer.postgres.schema;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaDifference.Kind;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.TableHints;
import dev.creek.consumer.postgres.catalog.TargetCatalog;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.Retype;
import dev.creek.consumer.row.SchemaPlan;
import dev.creek.consumer.row.TargetColumn;
import dev.creek.consumer.row.TargetShape;
import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireField;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Makes one claimed table follow its source's schema. What is to be done is computed from the
 * target's catalog, so a repetition has no further effect. For one writer, one call after the
 * other.
 */
public final class SchemaChanges {
  private static final Logger log = LoggerFactory.getLogger(SchemaChanges.class);

  private final SchemaPolicy policy;
  private final PositionSql position;
  private final TableHints hints;
  private final Mono<WalSchema> newest;

  /** Ended in the open transaction; only for {@link #follow} and {@link #committed}. */
  private final List<SchemaDifference> ended = new ArrayList<>();

  /**
   * @param newest the newest schema that the source has published; empty if it is not known
   */
  public SchemaChanges(
      SchemaPolicy policy, PositionSql position, TableHints hints, Mono<WalSchema> newest) {
    this.policy = policy;
    this.position = position;
    this.hints = hints;
    this.newest = newest;
  }

  public SchemaPolicy policy() {
    return policy;
  }

  /** Tells whether the policy ends all of these differences, and there are some. */
  public boolean ends(List<SchemaDifference> differences) {
    return !differences.isEmpty()
        && differences.stream().allMatch(difference -> SchemaPlan.ends(policy, difference));
  }

  /** Says which columns a new plan leaves out, if the policy wants nothing to be altered. */
  public void reportLeftOut(List<SchemaDifference> tolerated) {
    if (policy == SchemaPolicy.IGNORE) {
      tolerated.forEach(
          difference ->
              log.atInfo()
                  .addKeyValue("table", hints.mapping().target())
                  .log(
                      "{} goes on although {}; to change that: {}",
                      hints.mapping(),
                      difference.reason(),
                      String.join(" ", difference.sql())));
    }
  }

  /**
   * Alters the target for changes of a schema; in a transaction that holds the claim's row, before
   * the first of these changes is written.
   *
   * @param refused columns that could not hold a value
   * @return the target as it is afterwards; empty if there is none. Errors with {@link
   *     ShapeMismatchException} if the policy stops the table, or the target cannot be altered
   */
  public Mono<CatalogTable> follow(Session session, WalSchema schema, List<String> refused) {
    return TargetCatalog.find(session, position.target())
        .flatMap(
            found ->
                gone(session, schema.after())
                    .flatMap(
                        gone -> {
                          TargetShape shape = found.shape();
                          var plan = SchemaPlan.of(schema, shape, gone, policy);
                          return altered(session, found, toEnd(plan, shape, schema, refused));
                        }));
  }

  /** The same for the rows of a snapshot, whose key is no difference. */
  public Mono<CatalogTable> follow(Session session, RecordShape snapshot) {
    return TargetCatalog.find(session, position.target())
        .flatMap(
            found -> {
              var plan = SchemaPlan.of(snapshot, found.shape(), List.of(), policy);
              return altered(session, found, plan.toEnd(policy));
            });
  }

  private List<SchemaDifference> toEnd(
      SchemaPlan plan, TargetShape shape, WalSchema schema, List<String> refused) {
    var toEnd = new ArrayList<SchemaDifference>();
    try {
      toEnd.addAll(plan.toEnd(policy));
    } catch (ShapeMismatchException e) {
      throw withChoice(e);
    }
    for (String name : refused) {
      boolean isPlanned = toEnd.stream().anyMatch(one -> one.column().equals(name));
      if (!isPlanned) {
        retyped(shape, schema.after(), name).ifPresent(toEnd::add);
      }
    }
    return toEnd;
  }

  private Optional<SchemaDifference> retyped(TargetShape shape, RecordShape rows, String name) {
    Optional<TargetColumn> column =
        shape.columns().stream().filter(one -> one.name().equals(name)).findFirst();
    Optional<WireField> field =
        rows.columns().stream().filter(one -> one.name().equals(name)).findFirst();
    return column
        .flatMap(one -> field.map(of -> Retype.refused(shape, one, of)))
        .filter(difference -> SchemaPlan.ends(policy, difference));
  }

  /** A column that is gone may also stay: that is a policy, and no statement about the table. */
  private ShapeMismatchException withChoice(ShapeMismatchException e) {
    boolean gone =
        e.differences().stream().anyMatch(difference -> difference.kind() == Kind.COLUMN_GONE);
    return gone
        ? new ShapeMismatchException(
            String.valueOf(e.getMessage()), hints.keepColumns(e.hint()), e.differences())
        : e;
  }

  /**
   * Columns with which the target was filled and that the source has no longer. Changes may come
   * again that are older than a column, so the newest schema counts as well.
   */
  private Mono<List<String>> gone(Session session, RecordShape rows) {
    Set<String> carried = rows.columns().stream().map(WireField::name).collect(Collectors.toSet());
    return position
        .known()
        .lacking(session, carried)
        .collectList()
        .flatMap(lacking -> lacking.isEmpty() ? Mono.just(lacking) : withoutNewest(lacking));
  }

  private Mono<List<String>> withoutNewest(List<String> lacking) {
    return newest
        .map(
            schema -> {
              Set<String> there =
                  schema.after().columns().stream()
                      .map(WireField::name)
                      .collect(Collectors.toSet());
              return lacking.stream().filter(column -> !there.contains(column)).toList();
            })
        .defaultIfEmpty(lacking);
  }

  private Mono<CatalogTable> altered(
      Session session, CatalogTable found, List<SchemaDifference> toEnd) {
    if (toEnd.isEmpty()) {
      return Mono.just(found);
    }
    List<String> statements = toEnd.stream().flatMap(one -> one.sql().stream()).toList();
    Mono<Void> altering = Alteration.run(session, found.sqlName(), statements, toEnd);
    return Failpoint.AFTER_ALTER
        .after(Failpoint.BEFORE_ALTER.before(altering).thenReturn(true))
        .doOnNext(done -> ended.addAll(toEnd))
        .then(TargetCatalog.find(session, position.target()));
  }

  /** What was done in the open transaction is committed: it is said now. */
  public void committed() {
    if (!ended.isEmpty()) {
      report(ended);
      ended.clear();
    }
  }

  /** Says what has been done. */
  public void report(List<SchemaDifference> differences) {
    Mapping mapping = hints.mapping();
    for (SchemaDifference difference : differences) {
      log.atInfo()
          .addKeyValue("table", mapping.target())
          .log(
              "{} follows its source: {}: {}",
              mapping,
              difference.reason(),
              String.join(" ", difference.sql()));
    }
  }
}
