package dev.creek.consumer.testing;

import dev.creek.consumer.wire.WireMessage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/**
 * One WAL message.
 *
 * @param tx its transaction
 * @param op the wire's operation: c, u, u_pk, d, t
 * @param bytes the logical message, from its magic bytes on
 */
@SuppressWarnings("ArrayRecordComponent") // identity is never compared
public record WalBytes(WalTx tx, String op, byte[] bytes) {
  private static final List<String> OPERATIONS = List.of("c", "u", "u_pk", "d", "t", "r");
  private static final int MAX_PAYLOAD_BYTES = 1 << 20;

  /** The message in one JetStream packet. */
  public byte[] packet() {
    var packets = packets();
    if (packets.size() != 1) {
      throw new IllegalStateException("the message needs " + packets.size() + " packets");
    }
    return packets.get(0);
  }

  /** The message as the producer cuts it at the default max_payload. */
  public List<byte[]> packets() {
    return packets(bytes, MAX_PAYLOAD_BYTES);
  }

  /**
   * Any logical message cut into packets as the producer does it, with its trailing empty packet
   * where the length is an exact multiple.
   */
  public static List<byte[]> packets(byte[] message, int maxPayloadBytes) {
    int data = maxPayloadBytes - 7;
    int count = 1 + message.length / data;
    var packets = new ArrayList<byte[]>();
    for (int i = 0; i < count; i++) {
      int from = i * data;
      int length = Math.min(data, message.length - from);
      var packet = ByteBuffer.allocate((i == 0 ? 6 : 2) + length).putShort((short) i);
      if (i == 0) {
        packet.putInt(message.length);
      }
      packets.add(packet.put(message, from, length).array());
    }
    return packets;
  }

  /** The message as the consumer's assembler hands it on. */
  public WireMessage message(long sequence) {
    return new WireMessage(bytes, 0, bytes.length, sequence, sequence);
  }

  static WalBytes encode(
      TableWire table, WalTx tx, String op, Map<String, ?> before, Map<String, ?> after) {
    var out = new ByteArrayOutputStream();
    out.write(0xc3);
    out.write(0x01);
    out.writeBytes(ByteBuffer.allocate(8).putLong(table.fingerprint().bits()).array());
    var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    try {
      encoder.writeString(table.fingerprint().toString());
      write(table.schema().getField("source").schema(), source(table, tx), encoder);
      encoder.writeEnum(OPERATIONS.indexOf(op));
      encoder.writeLong(micros(tx.sentAt()));
      image(table.schema().getField("before").schema(), before, encoder);
      image(table.schema().getField("after").schema(), after, encoder);
      return new WalBytes(tx, op, out.toByteArray());
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private static void image(Schema union, Map<String, ?> row, BinaryEncoder encoder)
      throws IOException {
    encoder.writeIndex(row == null ? 0 : 1);
    if (row == null) {
      return;
    }
    write(union.getTypes().get(1), row, encoder);
  }

  /** A bare row, as snapshots have it. */
  static byte[] row(Schema schema, Map<String, ?> row) {
    var out = new ByteArrayOutputStream();
    try {
      write(schema, row, EncoderFactory.get().directBinaryEncoder(out, null));
      return out.toByteArray();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private static void write(Schema schema, Map<String, ?> row, BinaryEncoder encoder)
      throws IOException {
    var record = new GenericData.Record(schema);
    for (var field : schema.getFields()) {
      record.put(field.name(), WireValues.datum(field.schema(), row.get(field.name())));
    }
    write(schema, (Object) record, encoder);
  }

  private static GenericData.Record source(TableWire table, WalTx tx) {
    var source = new GenericData.Record(table.schema().getField("source").schema());
    source.put("name", "dummy");
    source.put("tx_at", micros(tx.committedAt()));
    source.put("db", table.source().database());
    source.put("schema", table.source().namespace());
    source.put("table", table.source().table());
    source.put("tx_id", tx.id());
    if (source.hasField("last_lsn")) {
      source.put("last_lsn", WalTx.text(tx.lastLsn()));
    }
    source.put("lsn", WalTx.text(tx.lsn()));
    return source;
  }

  private static void write(Schema schema, Object datum, BinaryEncoder encoder) throws IOException {
    new GenericDatumWriter<>(schema).write(datum, encoder);
    encoder.flush();
  }

  private static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }
}
