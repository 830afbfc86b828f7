package dev.creek.consumer.row;

/**
 * A column of the target table, from its catalog.
 *
 * @param name column name, unquoted
 * @param typeOid type id (of the domain, enum, … itself)
 * @param typeSql the type as SQL, qualified, without type modifier ({@code format_type(oid, -1)}):
 *     an explicit cast with a modifier would cut values silently, while an assignment raises an
 *     error
 * @param notNull whether NULL is refused
 * @param hasDefault whether an insert may omit it although it is NOT NULL
 * @param generated GENERATED ALWAYS AS (…) STORED or VIRTUAL: never written
 * @param alwaysIdentity GENERATED ALWAYS AS IDENTITY: written with OVERRIDING SYSTEM VALUE
 * @param type the type as which its values are stored
 * @param lossy whether the user has allowed values to change when they are stored
 */
public record TargetColumn(
    String name,
    int typeOid,
    String typeSql,
    boolean notNull,
    boolean hasDefault,
    boolean generated,
    boolean alwaysIdentity,
    TargetType type,
    boolean lossy) {

  /** A column of a type without domain or modifier, whose values may not change. */
  public TargetColumn(
      String name,
      int typeOid,
      String typeSql,
      boolean notNull,
      boolean hasDefault,
      boolean generated,
      boolean alwaysIdentity) {
    this(
        name,
        typeOid,
        typeSql,
        notNull,
        hasDefault,
        generated,
        alwaysIdentity,
        TargetType.plain(typeOid, typeSql),
        false);
  }

  /** The same column, in which values may or may not change. */
  TargetColumn lossy(boolean mayChange) {
    return new TargetColumn(
        name, typeOid, typeSql, notNull, hasDefault, generated, alwaysIdentity, type, mayChange);
  }
}
