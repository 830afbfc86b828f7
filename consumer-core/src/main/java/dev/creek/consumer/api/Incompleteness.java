package dev.creek.consumer.api;

import dev.creek.consumer.text.Remedy;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A mark: a reason why the rows of a table may differ from its source's although nothing has
 * failed. A clean snapshot, or a comparison that finds both sides equal, clears it.
 *
 * @param detail the column or the stream sequence, if a cause can occur several times; otherwise
 *     empty
 * @param reason one sentence for the user, without values of rows
 * @param since time at which it was marked; null before it is stored
 */
public record Incompleteness(Cause cause, String detail, String reason, @Nullable Instant since) {

  /** A mark to be stored. */
  public Incompleteness(Cause cause, String detail, String reason) {
    this(cause, detail, reason, null);
  }

  /** A mark to be stored, of a cause that can occur only once. */
  public Incompleteness(Cause cause, String reason) {
    this(cause, "", reason, null);
  }

  /**
   * The command that clears the marks of a table, as a hint.
   *
   * @param mapping source and target
   */
  public static String hint(Mapping mapping) {
    return Remedy.command("verify", mapping)
        + " --source-uri ... shows whether rows differ, and fixes them with --repair"
        + " (a program: comparisons().verify(mapping, source, options)); "
        + Remedy.resync(mapping);
  }

  /**
   * The same for known marks: what only columns lack can be filled.
   *
   * @param marks those of the table
   */
  public static String hint(Mapping mapping, List<Incompleteness> marks) {
    boolean ofColumns =
        !marks.isEmpty() && marks.stream().allMatch(mark -> mark.cause() == Cause.COLUMN);
    List<String> columns = marks.stream().map(Incompleteness::detail).distinct().toList();
    return ofColumns
        ? Remedy.fill(mapping.target(), columns)
            + " brings the source's values, if the table has a key; "
            + hint(mapping)
        : hint(mapping);
  }

  /** Causes of a mark. */
  public enum Cause {
    /** Followed without a snapshot: rows of an earlier time are missing. */
    NO_SNAPSHOT,
    /** Changes that are gone were skipped by a user's command. */
    FORCED,
    /** A change was skipped by a user's command; the detail is its stream sequence. */
    SKIPPED,
    /** Updates or deletes found no row. */
    MISSED_ROWS,
    /** The table is another one than before, or was emptied from outside. */
    RECREATED,
    /** A column was added to existing rows; the detail is its name. */
    COLUMN,
    /** A snapshot held far fewer rows than the source estimated. */
    THIN_SNAPSHOT,
    /** Without a key: changes that may be applied twice, or not at all. */
    UNPROVEN;

    /** Its name in the control schema and in metrics. */
    public String stored() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Empty for a name that a newer version stored. */
    public static Optional<Cause> of(String stored) {
      return Arrays.stream(values()).filter(cause -> cause.stored().equals(stored)).findFirst();
    }
  }
}
