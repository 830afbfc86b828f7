package dev.creek.consumer.row;

import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;

/** The statement that gives a target table the source's key. */
public final class KeyStatement {
  private KeyStatement() {}

  /**
   * An {@code ALTER TABLE …;}. If a primary key shares columns with the source's key, it is the
   * source's former key and would refuse rows, so it is dropped. Another primary key may stay.
   *
   * @param identity the source's key columns
   */
  public static String sql(TargetShape target, List<String> identity) {
    var shared = new HashSet<>(identity);
    String key = "PRIMARY KEY (" + quoted(identity) + ")";
    String action =
        target
            .primaryKey()
            .map(
                primary ->
                    shared.removeAll(primary.columns())
                        ? "DROP CONSTRAINT " + SqlName.quote(primary.name()) + ", ADD " + key
                        : "ADD UNIQUE (" + quoted(identity) + ")")
            .orElse("ADD " + key);
    return "ALTER TABLE " + SqlName.of(target) + " " + action + ";";
  }

  private static String quoted(List<String> names) {
    return names.stream().map(SqlName::quote).collect(Collectors.joining(", "));
  }
}
