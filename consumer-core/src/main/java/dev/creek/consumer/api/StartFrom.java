package dev.creek.consumer.api;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/**
 * Which changes a table begins with that has no position yet.
 *
 * @param kind from where
 * @param time of {@link Kind#TIME}, by the source's clock; else null
 */
public record StartFrom(Kind kind, @Nullable Instant time) {
  /** With what is published from now on. */
  public static final StartFrom NOW = new StartFrom(Kind.NOW, null);

  /** With the oldest change that the stream holds. */
  public static final StartFrom BEGINNING = new StartFrom(Kind.BEGINNING, null);

  /** Kinds of starts. */
  public enum Kind {
    NOW,
    BEGINNING,
    TIME
  }

  /** With what was committed at a time or later. */
  public static StartFrom committedSince(Instant time) {
    return new StartFrom(Kind.TIME, time);
  }

  /**
   * Reads {@code now}, {@code beginning} or a time with its offset, as {@code
   * 2026-11-29T15:00:00Z}.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  public static StartFrom parse(String text) {
    return switch (text) {
      case "now" -> NOW;
      case "beginning" -> BEGINNING;
      default -> committedSince(time(text));
    };
  }

  private static Instant time(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "a table begins from now, from the beginning, or from a time such as"
              + " 2026-11-29T15:00:00Z",
          e);
    }
  }

  /** The form that {@link #parse} reads; without spaces. */
  @Override
  public String toString() {
    return switch (kind) {
      case NOW -> "now";
      case BEGINNING -> "beginning";
      case TIME -> String.valueOf(time);
    };
  }
}
