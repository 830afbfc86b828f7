package dev.creek.consumer.testing.producer;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Times as the real producer, which is written in Go, writes them. */
final class Timestamps {
  private static final DateTimeFormatter RFC_3339_NANO =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd'T'HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendLiteral('Z')
          .toFormatter(Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final DateTimeFormatter SUBJECT =
      DateTimeFormatter.ofPattern("uuuuMMddHHmmss_SSSSSS", Locale.ROOT).withZone(ZoneOffset.UTC);

  private Timestamps() {}

  static String json(Instant time) {
    return RFC_3339_NANO.format(time);
  }

  static String subjectToken(Instant time) {
    return SUBJECT.format(time);
  }

  static long micros(Instant time) {
    return TimeUnit.SECONDS.toMicros(time.getEpochSecond()) + time.getNano() / 1000;
  }
}
