package dev.creek.consumer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.row.TypeValues;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.WalDecoder;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every type and its remarkable values, as rows have them: the table of docs/library.md. The values
 * are those with which what is applied to PostgreSQL is tested.
 */
class RowValuesTest {
  private static final WalTx TX = WalTx.of(1);
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  static List<TypeValues> all() {
    return TypeValues.ALL;
  }

  static Stream<Arguments> types() {
    return TypeValues.ALL.stream()
        .flatMap(
            type ->
                Stream.of(Generation.values()).map(generation -> Arguments.of(type, generation)));
  }

  private static Change<Row> read(TableWire wire, WalBytes message) {
    var schema = wire.walSchema();
    var reader = new ChangeReader<>(RowMapper.rows(), any -> wire.source(), SnapshotHoldings.NONE);
    return reader.read(new WalDecoder(schema).decode(message.message(1)));
  }

  private static Row inserted(TableWire wire, Object... values) {
    return ((Change.Insert<Row>) read(wire, wire.insert(TX, values))).row();
  }

  private static TableWire wire(String type, Generation generation) {
    return TableWire.of("app", "t")
        .generation(generation)
        .column("id", "int4", Flag.KEY)
        .column("v", type);
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("types")
  void aColumnHasTheValueThatThePublishedOneStandsFor(TypeValues type, Generation generation)
      throws IOException {
    TableWire wire = wire(type.wireType(), generation);
    for (TypeValues.Value value : type.values()) {
      Row row = inserted(wire, 7, value.wire());
      assertThat(row.get("v")).as(value.sql()).isEqualTo(expected(type.wireType(), value.wire()));
      assertThat(row.get("id")).isEqualTo(7);
      checkJson(row, type.wireType(), value.wire());
    }
  }

  private static void checkJson(Row row, String type, @Nullable Object value) throws IOException {
    JsonNode json = JSON.readTree(row.toJson());
    JsonNode v = json.get("v");
    assertThat(json.get("id").intValue()).isEqualTo(7);
    if (value == null) {
      assertThat(v.isNull()).isTrue();
    } else if (value.equals("infinity") || value.equals("-infinity")) {
      assertThat(v.textValue()).isEqualTo(value);
    } else if (type.startsWith("numeric")) {
      assertThat(new BigDecimal(v.asText())).isEqualByComparingTo((BigDecimal) value);
    } else if (type.startsWith("int")) {
      assertThat(v.longValue()).isEqualTo(((Number) value).longValue());
    } else if (type.startsWith("json")) {
      assertThat(v).isEqualTo(JSON.readTree((String) value));
    } else if (type.startsWith("text")) {
      assertThat(v.textValue()).isEqualTo(value);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void anArrayHasThemAsItems(TypeValues type) {
    Generation generation = Generation.OLD;
    List<Object> values =
        type.values().stream()
            .map(TypeValues.Value::wire)
            .filter(
                value -> value != null && !"infinity".equals(value) && !"-infinity".equals(value))
            .toList();
    Row row = inserted(wire(type.wireType() + "[]", generation), 1, values);
    assertThat((List<?>) row.get("v"))
        .isEqualTo(values.stream().map(value -> expected(type.wireType(), value)).toList());
    assertThat(inserted(wire(type.wireType() + "[]", generation), 1, null).get("v")).isNull();
  }

  /** Keys are not nullable, and those of REPLICA IDENTITY FULL are. */
  @ParameterizedTest
  @MethodSource("all")
  void keysAndRowsBeforeHaveThemToo(TypeValues type) {
    Generation generation = Generation.NEW;
    TableWire key =
        TableWire.of("app", "t").generation(generation).column("v", type.wireType(), Flag.KEY);
    TableWire full = wire(type.wireType(), generation).identity(TableWire.Identity.FULL);
    for (TypeValues.Value value : type.values()) {
      Object expected = expected(type.wireType(), value.wire());
      if (value.wire() != null) {
        var delete = (Change.Delete<Row>) read(key, key.delete(TX, key.row(value.wire())));
        assertThat(delete.key().get("v")).as(value.sql()).isEqualTo(expected);
      }
      var update =
          (Change.Update<Row>)
              read(full, full.update(TX, full.row(1, value.wire()), full.row(1, null)));
      assertThat(update.before().get("v")).as(value.sql()).isEqualTo(expected);
      assertThat(update.row().get("v")).isNull();
    }
  }

  private static @Nullable Object expected(String type, @Nullable Object wire) {
    if (wire == null) {
      return null;
    }
    String name = type.replaceAll("\\(.*", "");
    return switch (name) {
      case "int2", "int4" -> ((Number) wire).intValue();
      case "int8" -> ((Number) wire).longValue();
      case "numeric", "bool", "float4", "float8", "text", "varchar", "bpchar" -> wire;
      case "uuid" -> UUID.fromString(wire.toString());
      case "json", "jsonb" -> json(wire.toString());
      case "date" -> isInfinite(wire) ? (isPositive(wire) ? LocalDate.MAX : LocalDate.MIN) : wire;
      case "time" -> wire.equals("24:00:00") ? LocalTime.MAX : LocalTime.parse(wire.toString());
      case "timestamp" ->
          isInfinite(wire) ? (isPositive(wire) ? LocalDateTime.MAX : LocalDateTime.MIN) : wire;
      case "timestamptz" ->
          isInfinite(wire)
              ? (isPositive(wire) ? Instant.MAX : Instant.MIN)
              : ((LocalDateTime) wire).toInstant(ZoneOffset.UTC);
      default -> throw new AssertionError("a type that this test does not know: " + type);
    };
  }

  private static boolean isInfinite(Object wire) {
    return wire instanceof String;
  }

  private static boolean isPositive(Object wire) {
    return wire.equals("infinity");
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Constants are the names of an enum of PostgreSQL. */
  enum Mood {
    CALM,
    edgy
  }

  @Test
  void valuesCanBeReadAsOtherTypesThatHoldThem() {
    TableWire wire =
        TableWire.of("app", "t")
            .column("id", "int4", Flag.KEY)
            .column("big", "int8")
            .column("amount", "numeric(10,2)")
            .column("at", "timestamptz")
            .column("local", "timestamp")
            .column("mood", "text")
            .column("body", "jsonb")
            .column("ratio", "float4")
            .column("code", "uuid")
            .column("counts", "int4[]");
    LocalDateTime time = LocalDateTime.of(2024, 5, 1, 10, 0);
    String uuid = "01234567-89ab-cdef-fedc-ba9876543210";
    Row row =
        inserted(
            wire, 12, 13L, "14.00", time, time, "edgy", "{\"a\": 1}", 1.5f, uuid, List.of(1, 2));

    assertThat(row.get("id", Long.class)).isEqualTo(12L);
    assertThat(row.get("id", Short.class)).isEqualTo((short) 12);
    assertThat(row.get("id", BigDecimal.class)).isEqualTo(BigDecimal.valueOf(12));
    assertThat(row.getInteger("big")).isEqualTo(13);
    assertThat(row.get("amount", BigInteger.class)).isEqualTo(BigInteger.valueOf(14));
    assertThat(row.getLong("amount")).isEqualTo(14L);
    assertThat(row.getDecimal("amount")).isEqualTo(new BigDecimal("14.00"));
    assertThat(row.get("at", OffsetDateTime.class)).isEqualTo(time.atOffset(ZoneOffset.UTC));
    assertThat(row.get("at", LocalDateTime.class)).isEqualTo(time);
    assertThat(row.getInstant("local")).isEqualTo(time.toInstant(ZoneOffset.UTC));
    assertThat(row.get("mood", Mood.class)).isEqualTo(Mood.edgy);
    assertThat(row.getString("body")).isEqualTo("{\"a\": 1}");
    assertThat(row.getJson("body").get("a").intValue()).isEqualTo(1);
    assertThat(row.get("ratio", Double.class)).isEqualTo(1.5);
    assertThat(row.getString("code")).isEqualTo(uuid);
    assertThat(row.getList("counts", Long.class)).containsExactly(1L, 2L);
  }

  @Test
  void whatWouldChangeAValueIsRefusedWithoutTellingIt() {
    TableWire wire =
        TableWire.of("app", "t")
            .column("id", "int4", Flag.KEY)
            .column("big", "int8")
            .column("amount", "numeric(10,2)")
            .column("mood", "text");
    Row row = inserted(wire, 98_765, 98_765_432_100L, "1.50", "98765");
    for (Class<?> type : List.of(Short.class, Boolean.class, String.class, Instant.class)) {
      refuses(row, "id", type);
    }
    refuses(row, "big", Integer.class);
    refuses(row, "amount", Long.class);
    refuses(row, "amount", Double.class);
    refuses(row, "mood", Integer.class);
    refuses(row, "mood", Mood.class);
    assertThatThrownBy(() -> row.get("nothing")).isInstanceOf(NoSuchElementException.class);
  }

  private static void refuses(Row row, String column, Class<?> type) {
    assertThatThrownBy(() -> row.get(column, type))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("column " + column)
        .hasMessageNotContaining("98")
        .hasMessageNotContaining("1.5");
  }

  /** Of each kind of component. */
  record Wide(
      int id, long big, @Nullable BigDecimal amount, @Nullable Mood mood, List<Long> someCounts) {}

  @Test
  void recordsTakeTheirComponentsByName() {
    TableWire wire =
        TableWire.of("app", "t")
            .column("some_counts", "int4[]")
            .column("not_asked_for", "text")
            .column("mood", "text")
            .column("amount", "numeric(10,2)")
            .column("big", "int4")
            .column("id", "int4", Flag.KEY);
    Row row = inserted(wire, List.of(5, 6), "x", "CALM", null, 3, 4);
    assertThat(RowMapper.records(Wide.class).map(row))
        .isEqualTo(new Wide(4, 3L, null, Mood.CALM, List.of(5L, 6L)));
  }
}
