package dev.creek.consumer.api;

import org.jspecify.annotations.Nullable;

/**
 * One result of a check before the start.
 *
 * @param level how bad it is
 * @param about the thing that was looked at: {@code broker}, {@code target}, a stream, a mapping
 * @param text the result, in a sentence, without secrets and row values
 * @param fix the remedy, fit to be copied; null where nothing needs to be done
 */
public record Finding(Level level, String about, String text, @Nullable String fix) {

  /** Severities. */
  public enum Level {
    OK,
    /** It works, but something can be lost or slow that the user should know of. */
    WARNING,
    /** It will not work. */
    PROBLEM
  }

  /** As it should be. */
  public static Finding ok(String about, String text) {
    return new Finding(Level.OK, about, text, null);
  }

  /** Works, but. */
  public static Finding warning(String about, String text, @Nullable String fix) {
    return new Finding(Level.WARNING, about, text, fix);
  }

  /** Does not work. */
  public static Finding problem(String about, String text, @Nullable String fix) {
    return new Finding(Level.PROBLEM, about, text, fix);
  }
}
