package dev.creek.consumer.testing;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;

/**
 * A snapshot as a Creek producer publishes it: a header, rows, the end marker. Producers of both
 * generations leave out each row with an infinite date or timestamp.
 */
public final class SnapshotWire {
  private static final int MAX_PAYLOAD_BYTES = 1 << 20;
  private static final byte[] END = "EOF".getBytes(StandardCharsets.US_ASCII);

  private SnapshotWire() {}

  /**
   * All packets of one.
   *
   * @param taken the transaction that reads the rows; its commit time is when it began
   * @param rows by column, as for {@link TableWire}
   */
  public static List<byte[]> packets(
      TableWire table, WalTx taken, Collection<? extends Map<String, ?>> rows) {
    List<byte[]> packets = new ArrayList<>(framed(header(table, taken, rows.size())));
    rows.stream()
        .filter(row -> !hasInfinity(table.rowSchema(), row))
        .forEach(row -> packets.addAll(framed(WalBytes.row(table.rowSchema(), row))));
    packets.addAll(framed(END));
    return packets;
  }

  private static byte[] header(TableWire table, WalTx taken, int rows) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("topic", "")
        .put("fingerprint", table.fingerprint().toString())
        .put("schema", table.rowSchema().toString())
        .put("tx_id", taken.id())
        .put("lsn", WalTx.text(taken.lsn()))
        .put("at", taken.committedAt().toString())
        .put("approx_rows", rows)
        .toString()
        .getBytes(StandardCharsets.UTF_8);
  }

  private static boolean hasInfinity(Schema schema, Map<String, ?> row) {
    return schema.getFields().stream()
        .anyMatch(field -> WireValues.isInfinity(field.schema(), row.get(field.name())));
  }

  private static List<byte[]> framed(byte[] message) {
    return WalBytes.packets(message, MAX_PAYLOAD_BYTES);
  }
}
