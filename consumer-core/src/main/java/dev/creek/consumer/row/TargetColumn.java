package dev.creek.consumer.row;

/**
 * A column of the target table, as its catalog tells it.
 *
 * @param name column name, unquoted
 * @param typeOid type id (of the domain, enum, … itself)
 * @param typeSql the type as SQL, qualified, without type modifier ({@code format_type(oid, -1)}):
 *     an explicit cast with a modifier would cut values silently, the assignment checks it loudly
 * @param notNull whether NULL is refused
 * @param hasDefault whether an insert may leave it out although it is not null
 * @param generated GENERATED ALWAYS AS (…) STORED or VIRTUAL: never written
 * @param alwaysIdentity GENERATED ALWAYS AS IDENTITY: written with OVERRIDING SYSTEM VALUE
 * @param type what its values are stored as
 * @param lossy whether the user has said that values may change on their way into it
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

  /** Of a type without domain or modifier, whose values may not change. */
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

  /** The same, in which values may change or not. */
  TargetColumn lossy(boolean mayChange) {
    return new TargetColumn(
        name, typeOid, typeSql, notNull, hasDefault, generated, alwaysIdentity, type, mayChange);
  }
}
