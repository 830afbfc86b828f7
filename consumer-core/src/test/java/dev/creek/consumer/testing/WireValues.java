package dev.creek.consumer.testing;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.jspecify.annotations.Nullable;

/**
 * Java values for the wire. numeric: BigDecimal or its text; date: LocalDate, days since 1970;
 * time: LocalTime, microseconds, {@code "24:00:00"}; timestamps: LocalDateTime (UTC), Instant,
 * microseconds since 1970; all three also as ISO text and as {@code "infinity"}, {@code
 * "-infinity"}; json: its text; arrays: collections; the others as one would expect.
 */
final class WireValues {
  private static final long DAY_MICROS = 86_400_000_000L;

  private WireValues() {}

  /** What Avro's generic writer takes for {@code value} in a place of this schema. */
  static Object datum(Schema schema, Object value) {
    if (value == null) {
      return null;
    }
    if (schema.isUnion()) {
      return unionDatum(schema, value);
    }
    return switch (schema.getType()) {
      case INT ->
          schema.getLogicalType() instanceof LogicalTypes.Date
              ? days(value)
              : ((Number) value).intValue();
      case LONG -> longDatum(schema, value);
      case FLOAT -> ((Number) value).floatValue();
      case DOUBLE -> ((Number) value).doubleValue();
      case STRING -> value.toString();
      case BYTES -> bytes(schema, value);
      case ARRAY -> {
        var items = new ArrayList<Object>();
        ((Collection<?>) value).forEach(item -> items.add(datum(schema.getElementType(), item)));
        yield items;
      }
      default -> value;
    };
  }

  /** Tells whether a value, or an element of an array, is an infinite date or timestamp. */
  static boolean isInfinity(Schema schema, @Nullable Object value) {
    return switch (schema.getType()) {
      case UNION -> schema.getTypes().stream().anyMatch(branch -> isInfinity(branch, value));
      case ARRAY ->
          value instanceof Collection<?> items
              && items.stream().anyMatch(item -> isInfinity(schema.getElementType(), item));
      case ENUM -> "infinity".equals(value) || "-infinity".equals(value);
      default -> false;
    };
  }

  private static Object unionDatum(Schema union, Object value) {
    boolean infinite = value.equals("infinity") || value.equals("-infinity");
    for (Schema branch : union.getTypes()) {
      if (branch.getType() == Schema.Type.ENUM) {
        if (infinite) {
          return new GenericData.EnumSymbol(
              branch, branch.getEnumSymbols().get(value.equals("infinity") ? 0 : 1));
        }
      }
    }
    for (Schema branch : union.getTypes()) {
      if (branch.getType() != Schema.Type.NULL && branch.getType() != Schema.Type.ENUM) {
        return datum(branch, value);
      }
    }
    throw new IllegalArgumentException("no branch for a value in " + union);
  }

  private static Object longDatum(Schema schema, Object value) {
    if (schema.getLogicalType() instanceof LogicalTypes.TimeMicros) {
      return timeMicros(value);
    }
    if (schema.getLogicalType() instanceof LogicalTypes.TimestampMicros) {
      return timestampMicros(value);
    }
    return ((Number) value).longValue();
  }

  private static int days(Object value) {
    if (value instanceof Number days) {
      return days.intValue();
    }
    var date = value instanceof LocalDate already ? already : LocalDate.parse(value.toString());
    return Math.toIntExact(date.toEpochDay());
  }

  private static long timeMicros(Object value) {
    if (value instanceof Number micros) {
      return micros.longValue();
    }
    if (value.toString().equals("24:00:00")) {
      return DAY_MICROS;
    }
    var time = value instanceof LocalTime already ? already : LocalTime.parse(value.toString());
    return time.getLong(ChronoField.MICRO_OF_DAY);
  }

  private static long timestampMicros(Object value) {
    if (value instanceof Number micros) {
      return micros.longValue();
    }
    if (value instanceof Instant instant) {
      return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }
    var time =
        value instanceof LocalDateTime already ? already : LocalDateTime.parse(value.toString());
    return Math.multiplyExact(time.toEpochSecond(ZoneOffset.UTC), 1_000_000L)
        + time.getLong(ChronoField.MICRO_OF_SECOND);
  }

  private static Object bytes(Schema schema, Object value) {
    if (value instanceof byte[] raw) {
      return ByteBuffer.wrap(raw);
    }
    if (schema.getLogicalType() instanceof LogicalTypes.Decimal decimal) {
      var number = new BigDecimal(value.toString());
      return ByteBuffer.wrap(
          number
              .setScale(decimal.getScale(), RoundingMode.UNNECESSARY)
              .unscaledValue()
              .toByteArray());
    }
    return ByteBuffer.wrap(value.toString().getBytes(StandardCharsets.UTF_8));
  }
}
