package dev.creek.consumer.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.apache.avro.generic.GenericEnumSymbol;
import org.jspecify.annotations.Nullable;

/**
 * Avro's values as Java's. The table of conversions is in docs/library.md. Errors name types, never
 * values.
 */
final class Values {
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build()
          .readerFor(JsonNode.class);

  private static final long MICROS = 1_000_000L;
  private static final long DAY_MICROS = 86_400 * MICROS;
  private static final String INFINITY = "infinity";

  private Values() {}

  /** The value as the Java type that stands for its column's. */
  static Object natural(Object value, ValueType type) {
    return switch (type.kind()) {
      case BOOLEAN, INTEGER, LONG, FLOAT, DOUBLE, NULL -> value;
      case TEXT -> value.toString();
      case UUID -> UUID.fromString(value.toString());
      case DECIMAL -> decimal(value, type.scale());
      case JSON -> json(value);
      case DATE -> date(value);
      case TIME -> time((Long) value);
      case TIMESTAMP -> dateTime(value);
      case TIMESTAMP_WITH_TIME_ZONE -> instant(value);
      case LIST -> list(value, type.items(), Object.class);
    };
  }

  /**
   * The value as another Java type.
   *
   * @throws IllegalArgumentException if it is none that this column can be read as, or if the value
   *     does not fit it
   */
  static Object as(Object value, ValueType type, Class<?> wanted) {
    if (wanted == Object.class) {
      return natural(value, type);
    }
    Object converted =
        switch (type.kind()) {
          case BOOLEAN -> wanted == Boolean.class ? value : null;
          case INTEGER, LONG -> whole(((Number) value).longValue(), wanted);
          case FLOAT, DOUBLE -> floating((Number) value, wanted);
          case DECIMAL -> number(decimal(value, type.scale()), wanted);
          case TEXT -> text(value.toString(), wanted);
          case UUID ->
              wanted == UUID.class
                  ? UUID.fromString(value.toString())
                  : text(value.toString(), wanted);
          case JSON -> wanted.isAssignableFrom(JsonNode.class) ? json(value) : text(value, wanted);
          case DATE -> wanted == LocalDate.class ? date(value) : null;
          case TIME -> wanted == LocalTime.class ? time((Long) value) : null;
          case TIMESTAMP, TIMESTAMP_WITH_TIME_ZONE -> timestamp(value, wanted);
          case LIST ->
              wanted.isAssignableFrom(List.class) ? list(value, type.items(), Object.class) : null;
          case NULL -> null;
        };
    if (converted == null) {
      throw new IllegalArgumentException(
          "a value of kind "
              + type.kind().name().toLowerCase(java.util.Locale.ROOT)
              + " cannot be read as "
              + wanted.getName());
    }
    return converted;
  }

  /** The items of an array; NULLs do not come. */
  static List<Object> list(Object value, ValueType item, Class<?> wanted) {
    Collection<?> items = (Collection<?>) value;
    List<Object> list = new ArrayList<>(items.size());
    for (Object one : items) {
      list.add(as(one, item, wanted));
    }
    return list;
  }

  private static @Nullable Object whole(long value, Class<?> wanted) {
    if (wanted == Long.class) {
      return value;
    }
    if (wanted == Integer.class) {
      return fits((int) value, value);
    }
    if (wanted == Short.class) {
      fits((short) value, value);
      return (short) value;
    }
    if (wanted == BigDecimal.class || wanted == Number.class) {
      return BigDecimal.valueOf(value);
    }
    return wanted == BigInteger.class ? BigInteger.valueOf(value) : null;
  }

  private static int fits(int narrow, long value) {
    if (narrow != value) {
      throw new IllegalArgumentException("a whole number is too large for the type asked for");
    }
    return narrow;
  }

  private static @Nullable Object floating(Number value, Class<?> wanted) {
    if (wanted.isInstance(value)) {
      return value;
    }
    return wanted == Double.class ? value.doubleValue() : null;
  }

  private static @Nullable Object number(BigDecimal value, Class<?> wanted) {
    try {
      if (wanted.isAssignableFrom(BigDecimal.class)) {
        return value;
      }
      if (wanted == Long.class) {
        return value.longValueExact();
      }
      if (wanted == Integer.class) {
        return value.intValueExact();
      }
      return wanted == BigInteger.class ? value.toBigIntegerExact() : null;
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("a decimal does not fit the whole number asked for", e);
    }
  }

  private static @Nullable Object text(Object value, Class<?> wanted) {
    if (wanted.isAssignableFrom(String.class)) {
      return value instanceof ByteBuffer bytes ? utf8(bytes) : value.toString();
    }
    return wanted.isEnum() ? constant(value.toString(), wanted) : null;
  }

  private static Object constant(String name, Class<?> wanted) {
    for (Object constant : wanted.getEnumConstants()) {
      if (((Enum<?>) constant).name().equals(name)) {
        return constant;
      }
    }
    throw new IllegalArgumentException("a text is no constant of " + wanted.getName());
  }

  private static @Nullable Object timestamp(Object value, Class<?> wanted) {
    if (wanted == Instant.class) {
      return instant(value);
    }
    if (wanted == LocalDateTime.class) {
      return dateTime(value);
    }
    return wanted == OffsetDateTime.class ? offset(value) : null;
  }

  static BigDecimal decimal(Object value, int scale) {
    ByteBuffer bytes = (ByteBuffer) value;
    if (bytes.remaining() <= Long.BYTES && bytes.hasRemaining()) {
      long unscaled = bytes.get(bytes.position());
      for (int i = bytes.position() + 1; i < bytes.limit(); i++) {
        unscaled = unscaled << Byte.SIZE | (bytes.get(i) & 0xff);
      }
      return BigDecimal.valueOf(unscaled, scale);
    }
    return bytes.hasRemaining()
        ? new BigDecimal(
            new BigInteger(
                bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining()),
            scale)
        : BigDecimal.valueOf(0, scale);
  }

  static String utf8(ByteBuffer bytes) {
    return new String(
        bytes.array(),
        bytes.arrayOffset() + bytes.position(),
        bytes.remaining(),
        StandardCharsets.UTF_8);
  }

  private static JsonNode json(Object value) {
    try {
      return JSON.readTree(utf8((ByteBuffer) value));
    } catch (JsonProcessingException e) {
      // Without the cause, whose message quotes the value.
      throw new IllegalArgumentException("a json value is not JSON");
    }
  }

  private static LocalDate date(Object value) {
    if (value instanceof GenericEnumSymbol<?> infinite) {
      return isPositive(infinite) ? LocalDate.MAX : LocalDate.MIN;
    }
    return LocalDate.ofEpochDay((Integer) value);
  }

  /** PostgreSQL has 24:00, which Java does not have. */
  private static LocalTime time(long micros) {
    return micros >= DAY_MICROS ? LocalTime.MAX : LocalTime.ofNanoOfDay(micros * 1000);
  }

  private static Instant instant(Object value) {
    if (value instanceof GenericEnumSymbol<?> infinite) {
      return isPositive(infinite) ? Instant.MAX : Instant.MIN;
    }
    long micros = (Long) value;
    return Instant.ofEpochSecond(
        Math.floorDiv(micros, MICROS), Math.floorMod(micros, MICROS) * 1000);
  }

  private static LocalDateTime dateTime(Object value) {
    if (value instanceof GenericEnumSymbol<?> infinite) {
      return isPositive(infinite) ? LocalDateTime.MAX : LocalDateTime.MIN;
    }
    return LocalDateTime.ofInstant(instant(value), ZoneOffset.UTC);
  }

  private static OffsetDateTime offset(Object value) {
    if (value instanceof GenericEnumSymbol<?> infinite) {
      return isPositive(infinite) ? OffsetDateTime.MAX : OffsetDateTime.MIN;
    }
    return instant(value).atOffset(ZoneOffset.UTC);
  }

  /** Tells which infinity it is. */
  static boolean isPositive(GenericEnumSymbol<?> infinite) {
    return infinite.toString().equals(INFINITY);
  }
}
