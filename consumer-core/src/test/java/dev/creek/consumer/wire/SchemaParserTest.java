package dev.creek.consumer.wire;

import static dev.creek.consumer.wire.SchemaTexts.INFINITY;
import static dev.creek.consumer.wire.SchemaTexts.field;
import static dev.creek.consumer.wire.SchemaTexts.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.wire.WireType.ArrayOf;
import dev.creek.consumer.wire.WireType.Decimal;
import dev.creek.consumer.wire.WireType.Plain;
import dev.creek.consumer.wire.WireType.Slot;
import dev.creek.consumer.wire.WireType.Undecodable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SchemaParserTest {
  private static final Fingerprint FINGERPRINT = new Fingerprint(1);

  private static Slot slot(String type, String pgType) {
    return SchemaParser.parseRecord(record(field("v", type, pgType))).fields().get(0).slot();
  }

  private static Slot required(WireType type) {
    return new Slot(false, -1, 0, -1, type);
  }

  private static Slot nullable(WireType type) {
    return new Slot(true, 0, 1, -1, type);
  }

  private static void refuses(String why, String json) {
    assertThatThrownBy(() -> WalSchema.parse(FINGERPRINT, json))
        .isExactlyInstanceOf(MessageException.class)
        .hasMessageContaining(why);
  }

  @Test
  void lastLsnTellsTheGenerations() {
    String id = "[" + field("id", "\"int\"", "int4") + "]";
    var old = WalSchema.parse(FINGERPRINT, SchemaTexts.envelope(SchemaTexts.OLD_SOURCE, "[]", id));
    assertThat(old.generation()).isEqualTo(Generation.OLD);
    assertThat(old.before().fields()).isEmpty();
    assertThat(old.after().fields())
        .containsExactly(new WireField("id", required(Plain.INT), "int4", false, false));
    var young = WalSchema.parse(FINGERPRINT, SchemaTexts.envelope(SchemaTexts.NEW_SOURCE, id, id));
    assertThat(young.generation()).isEqualTo(Generation.NEW);
    assertThat(young.fingerprint()).isEqualTo(FINGERPRINT);
    assertThat(young.before().fields()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"boolean\" | bool | BOOLEAN",
        "\"int\" | int2 | INT",
        "\"long\" | int8 | LONG",
        "\"float\" | float4 | FLOAT",
        "\"double\" | float8 | DOUBLE",
        "\"string\" | text | STRING",
        "{\"type\":\"string\"} | text | STRING",
        "{\"type\":\"string\",\"logicalType\":\"uuid\"} | uuid | UUID",
        "{\"type\":\"string\",\"logicalType\":\"unheard-of\"} | text | STRING",
        "\"bytes\" | jsonb | BYTES",
        "{\"type\":\"int\",\"logicalType\":\"date\"} | date | DATE",
        "{\"type\":\"int\",\"logicalType\":\"unheard-of\"} | int4 | INT",
        "{\"type\":\"long\",\"logicalType\":\"time-micros\"} | time | TIME_MICROS",
        "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"} | timestamptz | TIMESTAMP_MICROS",
        "{\"type\":\"long\",\"logicalType\":\"unheard-of\"} | int8 | LONG",
        "{\"type\":{\"type\":\"long\"}} | int8 | LONG",
      })
  void readsPlainTypes(String type, String pgType, Plain expected) {
    assertThat(slot(type, pgType)).isEqualTo(required(expected));
    assertThat(slot("[\"null\"," + type + "]", pgType)).isEqualTo(nullable(expected));
    assertThat(slot("[" + type + ",\"null\"]", pgType))
        .isEqualTo(new Slot(true, 1, 0, -1, expected));
    assertThat(slot("{\"type\":\"array\",\"items\":" + type + "}", "_" + pgType))
        .isEqualTo(required(new ArrayOf(required(expected))));
  }

  @Test
  void findsTheInfinityEnumWhereverItIsDefined() {
    String shortForm = INFINITY.replace("after.", "");
    for (String enumType : new String[] {INFINITY, shortForm}) {
      for (String reference :
          new String[] {"\"after.infinity_modifier\"", "\"infinity_modifier\""}) {
        var fields =
            SchemaParser.parseRecord(
                    record(
                        field("a", "[\"null\",\"int\"," + enumType + "]", "int4"),
                        field("b", "[\"long\"," + reference + "]", "int8"),
                        field("c", "[" + reference + ",\"long\",\"null\"]", "int8")))
                .fields();
        assertThat(fields.get(0).slot()).isEqualTo(new Slot(true, 0, 1, 2, Plain.INT));
        assertThat(fields.get(1).slot()).isEqualTo(new Slot(true, -1, 0, 1, Plain.LONG));
        assertThat(fields.get(2).slot()).isEqualTo(new Slot(true, 2, 1, 0, Plain.LONG));
      }
    }
  }

  @Test
  void findsTheInfinityEnumOfAnArraysItems() {
    var array = "{\"type\":\"array\",\"items\":[\"int\"," + INFINITY + "]}";
    assertThat(slot("[\"null\"," + array + "]", "_date"))
        .isEqualTo(nullable(new ArrayOf(new Slot(true, -1, 0, 1, Plain.INT))));
  }

  @Test
  void anEnumDefinedInTheBeforeImageIsKnownInTheAfterImage() {
    String before = "[" + field("a", "[\"int\"," + INFINITY + "]", "date") + "]";
    String after = "[" + field("a", "[\"int\",\"infinity_modifier\"]", "date") + "]";
    var schema =
        WalSchema.parse(FINGERPRINT, SchemaTexts.envelope(SchemaTexts.NEW_SOURCE, before, after));
    assertThat(schema.after().fields().get(0).slot())
        .isEqualTo(new Slot(true, -1, 0, 1, Plain.INT));
  }

  @ParameterizedTest
  @CsvSource({"10,2", "1000,3", "200,100", "1,0", "5,5"})
  void readsDecimals(int precision, int scale) {
    String type =
        "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":%d,\"scale\":%d}"
            .formatted(precision, scale);
    assertThat(slot(type, "numeric")).isEqualTo(required(new Decimal(precision, scale)));
    String array = "{\"type\":\"array\",\"items\":" + type + "}";
    assertThat(slot(array, "_numeric"))
        .isEqualTo(required(new ArrayOf(required(new Decimal(precision, scale)))));
  }

  @Test
  void aDecimalWithoutScaleHasNone() {
    assertThat(slot("{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":5}", "numeric"))
        .isEqualTo(required(new Decimal(5, 0)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"precision\":65535,\"scale\":-5",
        "\"precision\":3,\"scale\":-2",
        "\"precision\":2,\"scale\":5",
        "\"precision\":0",
        "\"scale\":0",
        "\"precision\":\"many\""
      })
  void impossibleDecimalsCannotBeDecoded(String parameters) {
    String type = "{\"type\":\"bytes\",\"logicalType\":\"decimal\"," + parameters + "}";
    assertThat(slot(type, "numeric").type()).isInstanceOf(Undecodable.class);
    assertThat(slot("[\"null\"," + type + "]", "numeric").nullable()).isTrue();
  }

  @Test
  void aNumericThatIsPlainBytesCannotBeDecoded() {
    assertThat(slot("[\"null\",\"bytes\"]", "numeric").type()).isInstanceOf(Undecodable.class);
    var array = (ArrayOf) slot("{\"type\":\"array\",\"items\":\"bytes\"}", "_numeric").type();
    assertThat(array.item().type()).isInstanceOf(Undecodable.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"fixed\"",
        "{\"type\":\"map\",\"values\":\"int\"}",
        "{\"type\":\"fixed\",\"name\":\"f\",\"size\":3}",
        "{\"type\":\"record\",\"name\":\"r\",\"fields\":[]}",
        "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"a\",\"b\"]}",
        "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"negative_infinity\",\"infinity\"]}",
        "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"infinity\"]}",
        "{\"type\":\"enum\",\"name\":\"e\","
            + "\"symbols\":[\"infinity\",\"negative_infinity\",\"finity\"]}",
        "\"unknown.name\"",
        "[\"null\",\"int\",\"string\"]",
        "[\"null\"]",
        "[]",
        "{}",
        "17"
      })
  void typesThatTheProducerDoesNotUseCannotBeDecoded(String type) {
    assertThat(slot(type, "text").type()).isInstanceOf(Undecodable.class);
    if (!type.startsWith("[")) {
      var nullable = slot("[\"null\"," + type + "]", "text");
      assertThat(nullable.type()).isInstanceOf(Undecodable.class);
      assertThat(nullable.infinityBranch()).isEqualTo(-1);
    }
  }

  @Test
  void marksRepeatedFieldsAndKeepsThemInPlace() {
    var shape =
        SchemaParser.parseRecord(
            record(
                field("id", "\"int\"", "int4"),
                field("id", "\"int\"", "int4"),
                field("a", "\"string\"", "text"),
                field("a", "\"string\"", "text")));
    assertThat(shape.fields())
        .extracting(WireField::repeated)
        .containsExactly(false, true, false, true);
    assertThat(shape.columns()).extracting(WireField::name).containsExactly("id", "a");
  }

  @Test
  void readsKeysAndToleratesFieldsWithoutAnnotations() {
    var fields =
        SchemaParser.parseRecord(
                record(
                    "{\"name\":\"id\",\"type\":\"int\",\"pgType\":\"int4\",\"pgKey\":true}",
                    "{\"name\":\"v\",\"type\":\"int\"}"))
            .fields();
    assertThat(fields)
        .containsExactly(
            new WireField("id", required(Plain.INT), "int4", true, false),
            new WireField("v", required(Plain.INT), "", false, false));
  }

  @Test
  void refusesWhatIsNoEnvelope() {
    refuses("not a JSON object", "");
    refuses("not a JSON object", "null");
    refuses("not a JSON object", "[]");
    refuses("not JSON at line 1", "{");
    refuses("not a WAL envelope", "{}");
    refuses("not a WAL envelope", record(field("id", "\"int\"", "int4")));
    String good = SchemaTexts.envelope(SchemaTexts.NEW_SOURCE, "[]", "[]");
    refuses("not a WAL envelope", good.replace("sent_at", "sent"));
    refuses("source record", good.replace("tx_id", "xid"));
    refuses(
        "source record", good.replace("\"lsn\",\"type\":\"string\"", "\"lsn\",\"type\":\"long\""));
    refuses("op enum", good.replace("\"u_pk\",\"d\"", "\"d\",\"u_pk\""));
    refuses(
        "before image",
        good.replace("[\"null\",{\"name\":\"before.t\"", "[{\"name\":\"before.t\""));
    refuses(
        "Avro record",
        good.replace("after.t\",\"type\":\"record\"", "after.t\",\"type\":\"enum\""));
  }

  @Test
  void refusesImagesThatAreNotNullOrARecord() {
    String good = SchemaTexts.envelope(SchemaTexts.NEW_SOURCE, "[]", "[]");
    String union = "[\"null\",{\"name\":\"before.t\",\"type\":\"record\",\"fields\":[]}]";
    assertThat(good).contains(union);
    refuses("before image", good.replace(union, "[]"));
    refuses("before image", good.replace(union, "[\"null\"]"));
    refuses("before image", good.replace(union, union.replace("null", "int")));
    refuses("before image", good.replace(union, union.replace("]}]", "]},\"int\"]")));
    refuses("Avro record", good.replace(union, "[\"null\",\"int\"]"));
  }

  @Test
  void refusesWhatIsNoRecord() {
    for (String json :
        new String[] {
          "", "null", "{}", "\"int\"", "{\"type\":\"record\",\"fields\":[{\"type\":\"int\"}]}"
        }) {
      assertThatThrownBy(() -> SchemaParser.parseRecord(json))
          .as(json)
          .isExactlyInstanceOf(MessageException.class);
    }
  }

  @Test
  void errorsDoNotQuoteTheText() {
    assertThatThrownBy(() -> SchemaParser.parseRecord("{\"a\": secret}"))
        .hasMessageNotContaining("secret")
        .hasNoCause();
  }

  @ParameterizedTest
  @EnumSource
  void everyColumnOfTheCapturesIsUnderstoodButImpossibleNumerics(Generation generation)
      throws Exception {
    var golden = GoldenWal.of(generation);
    assertThat(golden.schemas.size()).isGreaterThan(100);
    golden.schemas.values().forEach(schema -> assertUnderstood(schema.after()));
    var json = new ObjectMapper();
    for (var whole : GoldenWal.assemble(new GoldenCapture(generation).snapshots())) {
      var m = whole.message();
      if (m.length() > 3 && m.bytes()[m.offset()] == '{') {
        var header = json.readTree(m.bytes(), m.offset(), m.length());
        assertUnderstood(SchemaParser.parseRecord(header.get("schema").textValue()));
      }
    }
  }

  private static void assertUnderstood(RecordShape shape) {
    for (var field : shape.fields()) {
      WireType type = field.slot().type();
      if (type instanceof ArrayOf array) {
        type = array.item().type();
      }
      if (type instanceof Undecodable) {
        assertThat(field.pgType()).endsWith("numeric");
      }
      boolean hasInfinity =
          type == Plain.DATE || type == Plain.TIME_MICROS || type == Plain.TIMESTAMP_MICROS;
      Slot slot = field.slot().type() instanceof ArrayOf array ? array.item() : field.slot();
      assertThat(slot.infinityBranch() >= 0).as(field.name()).isEqualTo(hasInfinity);
    }
  }
}
