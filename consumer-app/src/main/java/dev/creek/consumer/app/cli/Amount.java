package dev.creek.consumer.app.cli;

import java.util.Locale;

/** Numbers in the same form in all output: {@code 1 row}, {@code 2,373 rows}. */
final class Amount {
  private Amount() {}

  /** With a comma at each thousand. */
  static String of(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  static String rows(long number) {
    return of(number, "row");
  }

  /**
   * A number of things.
   *
   * @param one name of one of them; more get an s
   */
  static String of(long number, String one) {
    return of(number) + " " + one + (number == 1 ? "" : "s");
  }
}
