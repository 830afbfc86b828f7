package dev.creek.consumer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.wire.WireType.Plain;
import dev.creek.consumer.wire.WireType.Slot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AvroCursorTest {
  private static final Slot DATE = new Slot(true, 0, 1, 2, Plain.DATE);

  private static AvroCursor over(int... bytes) {
    byte[] array = new byte[bytes.length + 2];
    for (int i = 0; i < bytes.length; i++) {
      array[i + 1] = (byte) bytes[i];
    }
    return new AvroCursor().over(array, 1, bytes.length + 1);
  }

  private interface Writing {
    void to(BinaryEncoder encoder) throws IOException;
  }

  private static AvroCursor written(Writing writing) {
    try {
      var out = new ByteArrayOutputStream();
      var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
      writing.to(encoder);
      encoder.flush();
      return new AvroCursor().over(out.toByteArray(), 0, out.size());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Slot plain(WireType type) {
    return new Slot(false, -1, 0, -1, type);
  }

  private static void refuses(String why, Consumer<AvroCursor> read, int... bytes) {
    assertThatThrownBy(() -> read.accept(over(bytes)))
        .isExactlyInstanceOf(MessageException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        -1,
        63,
        -64,
        64,
        -65,
        300,
        1L << 31,
        -(1L << 31),
        1L << 62,
        Long.MAX_VALUE,
        Long.MIN_VALUE
      })
  void readsLongsAsAvroWritesThem(long value) {
    var cursor = written(encoder -> encoder.writeLong(value));
    assertThat(cursor.readLong()).isEqualTo(value);
    assertThat(cursor.remaining()).isZero();
  }

  @Test
  void readsEveryKindOfValueAsAvroWritesIt() {
    var cursor =
        written(
            encoder -> {
              encoder.writeBoolean(true);
              encoder.writeBoolean(false);
              encoder.writeFloat(-1.5f);
              encoder.writeDouble(Math.PI);
              encoder.writeString("naïve ☃");
              encoder.writeInt(Integer.MIN_VALUE);
            });
    assertThat(cursor.readBoolean()).isTrue();
    assertThat(cursor.readBoolean()).isFalse();
    assertThat(Float.intBitsToFloat(cursor.readFloatBits())).isEqualTo(-1.5f);
    assertThat(Double.longBitsToDouble(cursor.readDoubleBits())).isEqualTo(Math.PI);
    assertThat(cursor.readString()).isEqualTo("naïve ☃");
    assertThat(cursor.readInt()).isEqualTo(Integer.MIN_VALUE);
    assertThat(cursor.remaining()).isZero();
  }

  @Test
  void refusesWhatGoesOnBeyondTheEnd() {
    refuses("beyond the end", AvroCursor::readLong);
    refuses("beyond the end", AvroCursor::readLong, 0x80, 0x80);
    refuses("beyond the end", AvroCursor::readBoolean);
    refuses("beyond the end", AvroCursor::readFloatBits, 1, 2, 3);
    refuses("beyond the end", AvroCursor::readDoubleBits, 1, 2, 3, 4, 5, 6, 7);
    refuses("beyond the end", AvroCursor::readString, 4, 'a');
    refuses("beyond the end", cursor -> cursor.advance(2), 1);
    refuses("beyond the end", cursor -> cursor.advance(-1), 1);
  }

  @Test
  void refusesNumbersThatDoNotFit() {
    refuses(
        "more than 10 bytes",
        AvroCursor::readLong,
        0x80,
        0x80,
        0x80,
        0x80,
        0x80,
        0x80,
        0x80,
        0x80,
        0x80,
        0x80,
        0x00);
    refuses(
        "beyond 64 bits",
        AvroCursor::readLong,
        0x80,
        0x80,
        0x80,
        0x80,
        0x80,
        0x80,
        0x80,
        0x80,
        0x80,
        0x02);
    refuses("beyond 32 bits", AvroCursor::readInt, 0x80, 0x80, 0x80, 0x80, 0x10);
    refuses("neither 0 nor 1", AvroCursor::readBoolean, 2);
    refuses("negative", AvroCursor::readLength, 1, 0, 0);
  }

  @Test
  void refusesBranchesAndIndexesThatTheSchemaDoesNotHave() {
    refuses("union branch", cursor -> cursor.readBranch(DATE), 6);
    refuses("union branch", cursor -> cursor.readBranch(new Slot(true, -1, 0, 1, Plain.INT)), 1);
    refuses("index", cursor -> cursor.readIndex(2), 4);
    refuses("index", cursor -> cursor.readIndex(2), 1);
    refuses("index", cursor -> cursor.skip(DATE), 4, 4);
  }

  @Test
  void aSlotThatIsNoUnionHasNoBranchOnTheWire() {
    var cursor = over(8);
    assertThat(cursor.readBranch(plain(Plain.INT))).isZero();
    assertThat(cursor.readLong()).isEqualTo(4);
  }

  @Test
  void tellsNullValueAndInfinitiesApart() {
    var cursor = over(0, 2, 8, 4, 0, 4, 2);
    assertThat(cursor.readBranch(DATE)).isEqualTo(DATE.nullBranch());
    assertThat(cursor.readBranch(DATE)).isEqualTo(DATE.valueBranch());
    assertThat(cursor.readInt()).isEqualTo(4);
    assertThat(cursor.readBranch(DATE)).isEqualTo(DATE.infinityBranch());
    assertThat(cursor.readInfinityIsPositive()).isTrue();
    assertThat(cursor.readBranch(DATE)).isEqualTo(DATE.infinityBranch());
    assertThat(cursor.readInfinityIsPositive()).isFalse();
    var again = over(0, 2, 8, 4, 0, 4, 2);
    for (int i = 0; i < 4; i++) {
      again.skip(DATE);
    }
    assertThat(again.remaining()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Plain.class)
  void skipsEveryPlainValueToItsEnd(Plain type) {
    var cursor =
        written(
            encoder -> {
              switch (type) {
                case BOOLEAN -> encoder.writeBoolean(true);
                case INT, DATE -> encoder.writeInt(-70_000);
                case LONG, TIME_MICROS, TIMESTAMP_MICROS -> encoder.writeLong(1L << 40);
                case FLOAT -> encoder.writeFloat(1);
                case DOUBLE -> encoder.writeDouble(1);
                case STRING, UUID, BYTES -> encoder.writeString("x".repeat(200));
              }
            });
    cursor.skip(plain(type));
    assertThat(cursor.remaining()).isZero();
  }

  @Test
  void skipsArraysInBlocksWithAndWithoutTheirSize() {
    var array = new WireType.ArrayOf(plain(Plain.STRING));
    // 2 items; -1 item of 3 bytes; end.
    var cursor = over(4, 2, 'a', 0, 1, 4, 2, 'b', 0);
    cursor.skip(plain(array));
    assertThat(cursor.remaining()).isZero();
  }

  @Test
  void refusesArrayBlocksThatCannotBe() {
    // 9 items in 1 byte; Long.MIN_VALUE items; a block of -1 bytes; of more bytes than are there.
    refuses("array block", AvroCursor::readBlock, 18, 0);
    refuses(
        "array block",
        AvroCursor::readBlock,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0x01,
        0);
    refuses("negative or beyond", AvroCursor::readBlock, 1, 1, 0);
    refuses("negative or beyond", AvroCursor::readBlock, 1, 20, 0);
  }

  @Test
  void passesOverNullWhereAValueCannotBeDecodedAndRefusesTheValue() {
    var slot = new Slot(true, 0, 1, -1, new WireType.Undecodable("numeric without precision"));
    var cursor = over(0);
    cursor.skip(slot);
    assertThat(cursor.remaining()).isZero();
    refuses("numeric without precision", c -> c.skip(slot), 2, 2, 'x');
  }

  @Test
  void skipsRecordsWithTheirRepeatedFields() {
    var field = new WireField("id", plain(Plain.INT), "int4", true, false);
    var repeated = new WireField("id", plain(Plain.INT), "int4", true, true);
    var cursor = over(2, 2, 9);
    cursor.skip(new RecordShape(List.of(field, repeated)));
    assertThat(cursor.remaining()).isEqualTo(1);
  }

  @Test
  void namesThePlaceNotTheValue() {
    assertThatThrownBy(() -> over(2, 'a', 200, 's', 'e', 'c').skip(plain(Plain.BOOLEAN)))
        .hasMessage("a boolean that is neither 0 nor 1, at byte 1 of 6");
  }
}
