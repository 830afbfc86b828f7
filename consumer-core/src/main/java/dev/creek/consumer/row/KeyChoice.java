package dev.creek.consumer.row;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaDifference.Kind;
import dev.creek.consumer.api.SchemaDifference.Work;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WireField;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the target's unique key that tells its rows apart, and decides whether it is proven that
 * the source never has two rows with the same key. Null: rows are matched by the values of their
 * before image.
 */
final class KeyChoice {
  private final TargetShape target;
  private final RecordShape rows;
  private final Map<String, ColumnPlan> written;

  /**
   * @param rows the fields of the rows
   * @param written the columns that are written, by name
   */
  KeyChoice(TargetShape target, RecordShape rows, Map<String, ColumnPlan> written) {
    this.target = target;
    this.rows = rows;
    this.written = written;
  }

  /**
   * The key for changes. The source tells rows apart by its replica identity. FULL is every column,
   * and NOTHING none: then the wire does not show which columns are unique, if any.
   *
   * @param problems takes each defect of the target's keys
   */
  @Nullable PlanKey ofChanges(RecordShape before, Consumer<SchemaDifference> problems) {
    List<String> identity = SourceIdentity.of(before.columns(), rows);
    if (identity.isEmpty()) {
      return assumed(before.columns().isEmpty() ? rows : before);
    }
    PlanKey same = same(identity);
    if (same == null) {
      deferrable(identity)
          .ifPresentOrElse(
              key ->
                  problems.accept(
                      difference(Kind.KEY_UNUSABLE, deferred(key), immediate(key), Work.INDEX)),
              () -> problems.accept(missing(identity)));
      return null;
    }
    coarse(identity)
        .ifPresent(
            index ->
                problems.accept(
                    difference(
                        Kind.KEY_UNUSABLE,
                        "unique index "
                            + SqlName.quote(index.name())
                            + " treats keys as equal that differ on the source",
                        dropIndex(index),
                        Work.CATALOG)));
    return same;
  }

  private SchemaDifference missing(List<String> identity) {
    return difference(
        Kind.KEY,
        "it has no primary key or unique index on "
            + quoted(identity)
            + target.primaryKey().map(KeyChoice::instead).orElse(""),
        KeyStatement.sql(target, identity),
        Work.INDEX);
  }

  private static SchemaDifference difference(Kind kind, String reason, String sql, Work work) {
    return new SchemaDifference(kind, "", reason, List.of(sql), work, true);
  }

  /**
   * A snapshot flags the source's primary key, whatever its replica identity, and with FULL all
   * columns.
   */
  @Nullable PlanKey ofSnapshot() {
    List<String> flagged = SourceIdentity.of(rows);
    PlanKey same = flagged.isEmpty() ? null : same(flagged);
    return same == null ? assumed(rows) : same;
  }

  /** A key with exactly these columns; a proven one, if there is one. */
  private @Nullable PlanKey same(List<String> identity) {
    return keys(identity)
        .filter(key -> !key.coarse())
        .map(this::planKey)
        .min(Comparator.comparing(PlanKey::proof))
        .orElse(null);
  }

  /** A key that would do if it held at each statement's end. */
  private Optional<UniqueKey> deferrable(List<String> identity) {
    var columns = Set.copyOf(identity);
    return target.deferrableKeys().stream()
        .filter(key -> !key.coarse() && Set.copyOf(key.columns()).equals(columns))
        .findFirst();
  }

  private static String deferred(UniqueKey key) {
    return "its %s on %s, the source's key, is DEFERRABLE, and no row can be upserted by that"
        .formatted(key.primary() ? "primary key" : "unique constraint", quoted(key.columns()));
  }

  /** The statement that replaces the key, because PostgreSQL can alter only foreign keys. */
  private String immediate(UniqueKey key) {
    return alter(
        "DROP CONSTRAINT %s, ADD %s (%s)"
            .formatted(
                SqlName.quote(key.name()),
                key.primary() ? "PRIMARY KEY" : "UNIQUE",
                quoted(key.columns())));
  }

  /** An index that treats more values as equal; the database may use it besides the key. */
  private Optional<UniqueKey> coarse(List<String> identity) {
    return keys(identity).filter(UniqueKey::coarse).findFirst();
  }

  private Stream<UniqueKey> keys(List<String> identity) {
    var columns = Set.copyOf(identity);
    return target.uniqueKeys().stream()
        .filter(key -> Set.copyOf(key.columns()).equals(columns))
        .filter(key -> written.keySet().containsAll(key.columns()));
  }

  private PlanKey planKey(UniqueKey key) {
    Map<String, WireField> fields =
        rows.columns().stream().collect(Collectors.toMap(WireField::name, Function.identity()));
    // A period is a range on both sides.
    List<String> compared =
        key.temporal() ? key.columns().subList(0, key.columns().size() - 1) : key.columns();
    List<WireField> coarse =
        compared.stream()
            .map(fields::get)
            .filter(field -> field == null || !Fits.keepsApart(field, plan(field.name()).target()))
            .toList();
    return coarse.isEmpty()
        ? new PlanKey(key, PlanKey.Proof.PROVEN, "")
        : new PlanKey(key, PlanKey.Proof.ASSUMED, finer(coarse));
  }

  /** Columns whose types treat values as equal that may differ on the source. */
  private String finer(List<WireField> coarse) {
    return alter(
        coarse.stream()
            .map(
                field ->
                    "ALTER COLUMN %s TYPE %s COLLATE \"default\""
                        .formatted(SqlName.quote(field.name()), SourceType.sql(field)))
            .collect(Collectors.joining(", ")));
  }

  /** The primary key, or else a key whose columns are never NULL, if rows contain it. */
  private @Nullable PlanKey assumed(RecordShape image) {
    var names = image.columns().stream().map(WireField::name).collect(Collectors.toSet());
    names.retainAll(written.keySet());
    Predicate<UniqueKey> whole =
        key -> key.columns().stream().allMatch(name -> plan(name).target().notNull());
    return target.uniqueKeys().stream()
        .filter(key -> !key.coarse() && names.containsAll(key.columns()))
        .filter(
            key -> key.primary() || (Set.copyOf(key.columns()).equals(names) && whole.test(key)))
        .findFirst()
        .map(key -> new PlanKey(key, PlanKey.Proof.ASSUMED, without(key)))
        .orElse(null);
  }

  private String without(UniqueKey key) {
    return "if these columns are the source's primary key, on the source: ALTER TABLE ... REPLICA "
        + "IDENTITY DEFAULT; if they are not, on the target: "
        + (key.primary() ? alter("DROP CONSTRAINT " + SqlName.quote(key.name())) : dropIndex(key));
  }

  private String dropIndex(UniqueKey key) {
    return "DROP INDEX "
        + SqlName.quote(target.namespace())
        + "."
        + SqlName.quote(key.name())
        + ";";
  }

  private ColumnPlan plan(String column) {
    return Objects.requireNonNull(written.get(column), column);
  }

  private String alter(String action) {
    return "ALTER TABLE " + SqlName.of(target) + " " + action + ";";
  }

  private static String instead(UniqueKey primary) {
    return ", the source's key, but a primary key on " + quoted(primary.columns());
  }

  private static String quoted(List<String> names) {
    return names.stream().map(SqlName::quote).collect(Collectors.joining(", "));
  }
}
