package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.time.chrono.IsoEra;
import java.time.temporal.ChronoField;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.avro.generic.GenericEnumSymbol;
import org.jspecify.annotations.Nullable;

/** Writes decoded Avro values as PostgreSQL would: what the encoder has to read again. */
final class PostgresText {
  private static final long MICROS_PER_SECOND = 1_000_000L;
  private static final long MICROS_PER_DAY = 86_400L * MICROS_PER_SECOND;

  private PostgresText() {}

  static byte @Nullable [] of(@Nullable Object value, SourceType type) {
    if (value == null) {
      return null;
    }
    if (value instanceof Collection<?> elements) {
      return elements.stream()
          .map(e -> '"' + text(e, type).replace("\\", "\\\\").replace("\"", "\\\"") + '"')
          .collect(Collectors.joining(",", "{", "}"))
          .getBytes(UTF_8);
    }
    return text(value, type).getBytes(UTF_8);
  }

  private static String text(Object value, SourceType type) {
    if (value instanceof GenericEnumSymbol<?> symbol) {
      return symbol.toString().equals("infinity") ? "infinity" : "-infinity";
    }
    return switch (type.shape()) {
      case BOOLEAN -> (Boolean) value ? "t" : "f";
      case INT, LONG, STRING, UUID, FLOAT, DOUBLE -> value.toString();
      case JSON -> new String(bytes(value), UTF_8);
      case DECIMAL -> new BigDecimal(new BigInteger(bytes(value)), type.scale()).toPlainString();
      case DATE -> date(((Integer) value).longValue()) + era(((Integer) value).longValue());
      case TIME -> time((Long) value);
      case TIMESTAMP -> timestamp((Long) value, type);
    };
  }

  private static byte[] bytes(Object value) {
    ByteBuffer buffer = ((ByteBuffer) value).duplicate();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static String timestamp(long micros, SourceType type) {
    long days = Math.floorDiv(micros, MICROS_PER_DAY);
    String zone = type.pgType().endsWith("tz") ? "+00" : "";
    return date(days) + ' ' + time(Math.floorMod(micros, MICROS_PER_DAY)) + zone + era(days);
  }

  private static String date(long days) {
    LocalDate date = LocalDate.ofEpochDay(days);
    return String.format(
        Locale.ROOT,
        "%04d-%02d-%02d",
        date.get(ChronoField.YEAR_OF_ERA),
        date.getMonthValue(),
        date.getDayOfMonth());
  }

  private static String era(long days) {
    return LocalDate.ofEpochDay(days).getEra() == IsoEra.BCE ? " BC" : "";
  }

  private static String time(long micros) {
    long seconds = micros / MICROS_PER_SECOND;
    String text =
        String.format(
            Locale.ROOT, "%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    long fraction = micros % MICROS_PER_SECOND;
    return fraction == 0
        ? text
        : text + String.format(Locale.ROOT, ".%06d", fraction).replaceFirst("0+$", "");
  }
}
