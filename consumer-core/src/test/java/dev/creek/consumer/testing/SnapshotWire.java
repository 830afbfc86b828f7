package dev.creek.consumer.testing;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** A snapshot as a Creek producer publishes it: a header, rows, the end marker. */
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
    rows.forEach(row -> packets.addAll(framed(WalBytes.row(table.rowSchema(), row))));
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

  private static List<byte[]> framed(byte[] message) {
    return WalBytes.packets(message, MAX_PAYLOAD_BYTES);
  }
}
