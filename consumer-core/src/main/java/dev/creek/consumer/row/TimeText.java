package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Guards of dates and times that come as text. PostgreSQL reads a date from a time stamp, ignores a
 * zone, and rounds digits that it does not keep. So only text in PostgreSQL's own form passes.
 *
 * @param pattern the text as PostgreSQL writes it; its groups are digits after a point
 * @param digits number of digits kept
 */
record TimeText(Pattern pattern, int digits) implements ValueGuard {
  private static final String DATE = "\\d{4,7}-\\d\\d-\\d\\d";
  private static final String TIME = "\\d\\d:\\d\\d:\\d\\d(?:\\.(\\d{1,9}))?";
  private static final String ZONE = "[+-]\\d\\d(?::\\d\\d(?::\\d\\d)?)?";
  private static final String BC = "(?: BC)?";
  private static final String INFINITY = "|-?infinity";

  static TimeText date() {
    return of(DATE + BC + INFINITY, 0);
  }

  static TimeText time(int digits) {
    return of(TIME, digits);
  }

  static TimeText timetz(int digits) {
    return of(TIME + ZONE, digits);
  }

  static TimeText timestamp(int digits) {
    return of(DATE + "[ T]" + TIME + BC + INFINITY, digits);
  }

  static TimeText timestamptz(int digits) {
    return of(DATE + "[ T]" + TIME + ZONE + BC + INFINITY, digits);
  }

  /** Fractions of seconds only: 1.5 days are whole seconds, 1.0001 hours are not. */
  static TimeText interval(int digits) {
    return of("[^.]*(?::\\d\\d(?:\\.(\\d{1,9}))?)?[^.]*", digits);
  }

  private static TimeText of(String regex, int digits) {
    return new TimeText(Pattern.compile(regex), digits);
  }

  @Override
  public boolean keeps(AvroCursor in) {
    Matcher matcher = pattern.matcher(TextGuard.string(in));
    if (!matcher.matches()) {
      return false;
    }
    String fraction = matcher.groupCount() == 0 ? null : matcher.group(1);
    return fraction == null || fraction.chars().skip(digits).allMatch(digit -> digit == '0');
  }
}
