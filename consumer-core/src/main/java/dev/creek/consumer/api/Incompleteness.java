package dev.creek.consumer.api;

import dev.creek.consumer.text.Remedy;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A mark: why the rows of a table may differ from its source's although nothing has failed. A clean
 * snapshot, or a comparison that finds both sides equal, clears it.
 *
 * @param detail which column or which stream sequence, where a cause may be there several times;
 *     else empty
 * @param reason one sentence for people, without values of rows
 * @param since when it was marked; null before it is stored
 */
public record Incompleteness(Cause cause, String detail, String reason, @Nullable Instant since) {

  /** A mark to be stored. */
  public Incompleteness(Cause cause, String detail, String reason) {
    this(cause, detail, reason, null);
  }

  /** A mark to be stored, of a cause that can be there once only. */
  public Incompleteness(Cause cause, String reason) {
    this(cause, "", reason, null);
  }

  /**
   * What clears the marks of a table, for people.
   *
   * @param mapping source and target
   */
  public static String hint(Mapping mapping) {
    return Remedy.command("verify", mapping)
        + " --source-uri ... tells whether rows differ, and with --repair mends them"
        + " (a program: comparisons().verify(mapping, source, options)); "
        + Remedy.resync(mapping);
  }

  /** How it came about. */
  public enum Cause {
    /** Followed without one: rows of an earlier time are missing. */
    NO_SNAPSHOT,
    /** Changes that are gone were passed over, because somebody said so. */
    FORCED,
    /** A change was passed over, because somebody said so; the detail is its stream sequence. */
    SKIPPED,
    /** Updates or deletes met no row. */
    MISSED_ROWS,
    /** The table is another one than before, or others have emptied it. */
    RECREATED,
    /** A column was added to rows that are there; the detail is its name. */
    COLUMN,
    /** A snapshot held far fewer rows than the source estimated. */
    THIN_SNAPSHOT,
    /** Without a key: changes that may be in it twice, or not at all. */
    UNPROVEN;

    /** Its word in the control schema and in metrics. */
    public String stored() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Empty for a word that a newer version stored. */
    public static Optional<Cause> of(String stored) {
      return Arrays.stream(values()).filter(cause -> cause.stored().equals(stored)).findFirst();
    }
  }
}
