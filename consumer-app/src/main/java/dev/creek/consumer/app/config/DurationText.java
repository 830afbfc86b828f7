package dev.creek.consumer.app.config;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A time as users write it, with its unit: {@code 5ms}, {@code 30s}, {@code 5m}, {@code 1h}. */
public final class DurationText {
  private static final Pattern TIME = Pattern.compile("(\\d{1,9}) ?(ms|s|m|min|h)?");

  private DurationText() {}

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException with a message for the user, where it is none, lacks its unit
   *     (only zero may) or is longer than {@code longest}
   */
  public static Duration parse(String text, Duration longest) {
    Matcher time = TIME.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!time.matches()) {
      throw new IllegalArgumentException("not a time such as 0, 5ms or 1s");
    }
    long amount = Long.parseLong(time.group(1));
    String unit = time.group(2);
    if (unit == null && amount != 0) {
      throw new IllegalArgumentException("a time needs a unit: ms, s, m or h");
    }
    Duration duration =
        switch (unit == null ? "ms" : unit) {
          case "h" -> Duration.ofHours(amount);
          case "m", "min" -> Duration.ofMinutes(amount);
          case "s" -> Duration.ofSeconds(amount);
          default -> Duration.ofMillis(amount);
        };
    if (duration.compareTo(longest) > 0) {
      throw new IllegalArgumentException("longer than " + longest.toSeconds() + "s");
    }
    return duration;
  }
}
