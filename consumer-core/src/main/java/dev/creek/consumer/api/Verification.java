package dev.creek.consumer.api;

import java.time.Duration;
import java.util.List;

/**
 * The result of a comparison of a source table with its target.
 *
 * @param mapping the two tables
 * @param sourceRows rows of the source
 * @param targetRows rows of the target
 * @param notCompared columns that only one side has, as a user may read them
 * @param differences rows that differ, the first {@link Options#maxDifferences}
 * @param more whether there are more than those
 * @param repaired how many of them have been repaired
 * @param marksCleared how many marks of an incomplete table the comparison has disproved
 */
public record Verification(
    Mapping mapping,
    long sourceRows,
    long targetRows,
    List<String> notCompared,
    List<Difference> differences,
    boolean more,
    long repaired,
    long marksCleared) {
  public Verification {
    notCompared = List.copyOf(notCompared);
    differences = List.copyOf(differences);
  }

  /** A result that has cleared no marks. */
  public Verification(
      Mapping mapping,
      long sourceRows,
      long targetRows,
      List<String> notCompared,
      List<Difference> differences,
      boolean more,
      long repaired) {
    this(mapping, sourceRows, targetRows, notCompared, differences, more, repaired, 0);
  }

  /** The same with the number of cleared marks. */
  public Verification clearing(long marks) {
    return new Verification(
        mapping, sourceRows, targetRows, notCompared, differences, more, repaired, marks);
  }

  /** Tells whether every row of the compared columns is the same on both sides. */
  public boolean equal() {
    return differences.isEmpty() && !more;
  }

  /** Kinds of differences. */
  public enum Kind {
    /** The source has it, the target does not. */
    MISSING,
    /** The target has it, the source does not. */
    UNEXPECTED,
    /** Both have it, with other values. */
    DIFFERENT,
    /** The source changed it again and again while it was looked at: nothing is proven. */
    CHANGING
  }

  /**
   * One row that differs.
   *
   * @param kind how
   * @param key its key, column by column, as text; empty for a table without a key
   * @param rows how many rows: 1, unless the table has no key
   */
  public record Difference(Kind kind, List<String> key, long rows) {
    public Difference {
      key = List.copyOf(key);
    }
  }

  /**
   * Options of a comparison.
   *
   * @param timeout how long a row that differs is compared again: the target follows the source
   *     with some delay
   * @param maxDifferences maximum number of differing rows to compare again and to report
   */
  public record Options(Duration timeout, int maxDifferences) {
    /** Half a minute, a hundred rows. */
    public static final Options DEFAULT = new Options(Duration.ofSeconds(30), 100);

    public Options {
      if (maxDifferences < 1 || timeout.isNegative()) {
        throw new IllegalArgumentException(
            "a comparison looks at one differing row at least, and for no negative time");
      }
    }
  }
}
