package dev.creek.consumer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.MessageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class WalDecoderTest {
  private static final long FINGERPRINT = 0xEA0489851537B5B0L;
  private static final int OPERATION_INSERT = 0;
  private static final int NONE = -1;

  private static WalSchema schema(Generation generation) {
    String id = SchemaTexts.field("id", "\"int\"", "int4");
    String v = SchemaTexts.field("v", "[\"null\",\"string\"]", "text");
    return WalSchema.parse(
        new Fingerprint(FINGERPRINT),
        SchemaTexts.envelope(
            generation == Generation.OLD ? SchemaTexts.OLD_SOURCE : SchemaTexts.NEW_SOURCE,
            "[" + id + "]",
            "[" + id + "," + v + "]"));
  }

  /** A message with {@code before} and {@code after} ids, or -1 for none. */
  private static byte[] message(
      Generation generation, int operation, int before, int after, String lsn) {
    try {
      var out = new ByteArrayOutputStream();
      out.write(0xC3);
      out.write(0x01);
      for (int shift = 56; shift >= 0; shift -= 8) {
        out.write((int) (FINGERPRINT >>> shift));
      }
      var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
      encoder.writeString("6gSJhRU3tbA=");
      encoder.writeString("dummy");
      encoder.writeLong(1_700_000_000_000_000L);
      encoder.writeString("golden");
      encoder.writeString("app");
      encoder.writeString("t");
      encoder.writeLong(4_294_967_295L);
      if (generation == Generation.OLD) {
        encoder.writeString("0/1");
      }
      encoder.writeString(lsn);
      encoder.writeEnum(operation);
      encoder.writeLong(5);
      encoder.writeIndex(before < 0 ? 0 : 1);
      if (before >= 0) {
        encoder.writeInt(before);
      }
      encoder.writeIndex(after < 0 ? 0 : 1);
      if (after >= 0) {
        encoder.writeInt(after);
        encoder.writeIndex(1);
        encoder.writeString("text");
      }
      encoder.flush();
      return out.toByteArray();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static WireMessage whole(byte... bytes) {
    return new WireMessage(bytes, 0, bytes.length, 40, 42);
  }

  private static Change decode(byte... bytes) {
    return new WalDecoder(schema(Generation.NEW)).decode(whole(bytes));
  }

  private static void refuses(String why, byte... bytes) {
    assertThatThrownBy(() -> decode(bytes))
        .isExactlyInstanceOf(MessageException.class)
        .hasMessageStartingWith("message at sequence 42: ")
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @EnumSource
  void findsTransactionAndImages(Generation generation) {
    byte[] message = message(generation, 2, 7, 8, "16/B374D848");
    var change = new WalDecoder(schema(generation)).decode(whole(message));
    assertThat(change.operation()).isEqualTo(Operation.UPDATE_KEY);
    assertThat(change.transactionId()).isEqualTo(4_294_967_295L);
    assertThat(change.committedAtMicros()).isEqualTo(1_700_000_000_000_000L);
    assertThat(change.lsn()).isEqualTo(0x16_B374D848L);
    assertThat(change.sequence()).isEqualTo(42);
    assertThat(change.data()).isSameAs(message);
    assertThat(change.end()).isEqualTo(message.length);
    var cursor = new AvroCursor().over(message, change.before(), change.end());
    assertThat(cursor.readInt()).isEqualTo(7);
    cursor.over(message, change.after(), change.end());
    assertThat(cursor.readInt()).isEqualTo(8);
    assertThat(cursor.readBranch(schema(generation).after().fields().get(1).slot())).isEqualTo(1);
    assertThat(cursor.readString()).isEqualTo("text");
    assertThat(cursor.remaining()).isZero();
  }

  @Test
  void readsAMessageInTheMiddleOfItsArray() {
    byte[] message = message(Generation.NEW, OPERATION_INSERT, NONE, 8, "0/1");
    byte[] packet = Packets.first(message.length, message);
    var whole = new MessageAssembler(1000).accept(1, packet);
    var change = new WalDecoder(schema(Generation.NEW)).decode(whole);
    assertThat(change.data()).isSameAs(packet);
    assertThat(change.end()).isEqualTo(packet.length);
    assertThat(change.before()).isEqualTo(-1);
    assertThat(new AvroCursor().over(packet, change.after(), change.end()).readInt()).isEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource({
    "0, -1, 1, INSERT",
    "1, 1, 1, UPDATE",
    "1, -1, 1, UPDATE",
    "2, 1, 2, UPDATE_KEY",
    "3, 1, -1, DELETE",
    "4, -1, -1, TRUNCATE",
    "5, -1, 1, READ"
  })
  void readsEveryOperation(int index, int before, int after, Operation operation) {
    var change = decode(message(Generation.NEW, index, before, after, "0/1"));
    assertThat(change.operation()).isEqualTo(operation);
    assertThat(change.before() >= 0).isEqualTo(before >= 0);
    assertThat(change.after() >= 0).isEqualTo(after >= 0);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, -1, INSERT without its after",
    "1, 1, -1, UPDATE without its after",
    "2, 1, -1, UPDATE_KEY without its after",
    "2, -1, 1, UPDATE_KEY without its before",
    "3, -1, 1, DELETE without its before",
    "5, -1, -1, READ without its after",
    "6, -1, 1, an index"
  })
  void refusesAnOperationWithoutTheImageItNeeds(int index, int before, int after, String why) {
    refuses(why, message(Generation.NEW, index, before, after, "0/1"));
  }

  @ParameterizedTest
  @CsvSource({"''", "0", "0/", "/0", "0/123456789", "x/1"})
  void refusesAnLsnThatIsNone(String lsn) {
    refuses("LSN", message(Generation.NEW, OPERATION_INSERT, NONE, 1, lsn));
  }

  @Test
  void refusesBytesBehindTheLastRecord() {
    byte[] message = message(Generation.NEW, 3, 1, NONE, "0/1");
    refuses("bytes behind the end", Arrays.copyOf(message, message.length + 1));
  }

  @Test
  void refusesEveryMessageCutShort() {
    byte[] message = message(Generation.NEW, 3, 1, NONE, "0/1");
    for (int length = 0; length < message.length; length++) {
      refuses("", Arrays.copyOf(message, length));
    }
  }

  @Test
  void refusesWhatDoesNotBeginAsAWalMessage() {
    byte[] message = message(Generation.NEW, OPERATION_INSERT, NONE, 1, "0/1");
    message[0] ^= 1;
    refuses("C3 01", message);
    message[0] ^= 1;
    message[1] ^= 1;
    refuses("C3 01", message);
    assertThatThrownBy(() -> WalDecoder.fingerprint(whole(Arrays.copyOf(message, 9))))
        .isExactlyInstanceOf(MessageException.class);
  }

  @Test
  void readsTheFingerprintAndRefusesAnotherSchemasMessage() {
    byte[] message = message(Generation.NEW, OPERATION_INSERT, NONE, 1, "0/1");
    assertThat(WalDecoder.fingerprint(whole(message))).isEqualTo(FINGERPRINT);
    message[9] ^= 1;
    refuses("not 6gSJhRU3tbA=", message);
  }
}
