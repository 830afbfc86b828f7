package dev.creek.consumer.wire;

import com.fasterxml.jackson.databind.JsonNode;
import dev.creek.consumer.api.MessageException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;

/**
 * The description of a snapshot that comes before its rows. (Its {@code topic} is always empty.)
 *
 * @param fingerprint of its schema, as text
 * @param schema the JSON that {@code shape} was read from
 * @param shape fields of its rows, repeated columns included
 * @param transactionId the source transaction that reads the rows, as {@code txid_current()}
 *     returns it
 * @param lsn end of the source's log when the snapshot began
 * @param at time when it began, by the source database's clock: it contains nothing that was
 *     committed later
 * @param approximateRows PostgreSQL's estimate; -1 if there is none
 */
public record SnapshotHeader(
    String fingerprint,
    String schema,
    RecordShape shape,
    long transactionId,
    long lsn,
    Instant at,
    long approximateRows) {

  /**
   * Reads a header.
   *
   * @throws MessageException if it is no header
   */
  public static SnapshotHeader parse(WireMessage message) {
    JsonNode header =
        WireJson.object(
            message.bytes(), message.offset(), message.length(), "the header of a snapshot");
    String schema = ShapeReader.text(header, "schema");
    return new SnapshotHeader(
        ShapeReader.text(header, "fingerprint"),
        schema,
        SchemaParser.parseRecord(schema),
        header.path("tx_id").longValue(),
        lsn(ShapeReader.text(header, "lsn")),
        time(ShapeReader.text(header, "at")),
        header.path("approx_rows").asLong(-1));
  }

  private static long lsn(String text) {
    try {
      return Lsn.parse(text);
    } catch (IllegalArgumentException e) {
      throw new MessageException("the header of a snapshot without an LSN");
    }
  }

  private static Instant time(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new MessageException("the header of a snapshot without a time");
    }
  }
}
