package dev.creek.consumer.postgres.catalog;

import dev.creek.consumer.postgres.session.SqlNames;
import org.jspecify.annotations.Nullable;

/**
 * A column's test for equal values.
 *
 * @param operator the type's own equality as SQL, which works with any search path
 * @param castTo type as which both sides are compared, if the type has no equality
 * @param exact whether equal values are identical: -0 and 0, 1.0 and 1.00 are only equal
 */
public record Equality(String operator, @Nullable String castTo, boolean exact) {

  static Equality of(
      @Nullable String namespace, @Nullable String operator, boolean json, boolean exact) {
    if (operator == null) {
      // The texts of a json that was written twice may differ only in irrelevant characters.
      return new Equality("=", json ? "jsonb" : "text", false);
    }
    boolean builtIn = "pg_catalog".equals(namespace);
    return new Equality(
        builtIn
            ? operator
            : "operator(" + SqlNames.quoted(String.valueOf(namespace)) + "." + operator + ")",
        null,
        exact);
  }

  public String sql(String left, String right) {
    String cast = castTo == null ? "" : "::" + castTo;
    return left + cast + " " + operator + " " + right + cast;
  }
}
