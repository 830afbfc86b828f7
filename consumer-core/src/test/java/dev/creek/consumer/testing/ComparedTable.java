package dev.creek.consumer.testing;

import java.util.List;

/**
 * How a table of the source and one of the target compare.
 *
 * @param name the source's table
 * @param differences the first ones, in order of the key, as sentences with the values; empty if
 *     the tables are equal
 * @param differing how many rows differ, are missing or are too many
 */
public record ComparedTable(
    String name, Checksum source, Checksum target, List<String> differences, long differing) {

  /** How many rows the source has. */
  public long sourceRows() {
    return source.rows();
  }

  /** How many rows the target has. */
  public long targetRows() {
    return target.rows();
  }

  public boolean equal() {
    return differences.isEmpty();
  }

  /** For people: one line, or one and the differences. */
  @Override
  public String toString() {
    if (equal()) {
      return "%s: equal, %d rows".formatted(name, sourceRows());
    }
    String heading =
        "%s: %d %s (%d rows at the source, %d at the target)"
            .formatted(
                name,
                differing,
                differing == 1 ? "difference" : "differences",
                sourceRows(),
                targetRows());
    long undescribed = differing - differences.size();
    String rest = undescribed > 0 ? "\n  and %d more".formatted(undescribed) : "";
    return heading + "\n  " + String.join("\n  ", differences) + rest;
  }
}
