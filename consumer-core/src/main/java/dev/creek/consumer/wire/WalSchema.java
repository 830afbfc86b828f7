package dev.creek.consumer.wire;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.MessageException;

/**
 * A parsed WAL schema: the structure of messages with this fingerprint.
 *
 * @param fingerprint its key on the wire
 * @param generation OLD if {@code source} has a {@code last_lsn}
 * @param before the before image: key columns, all columns (REPLICA IDENTITY FULL) or none
 * @param after the after image: all published columns
 * @param text the JSON it was read from
 */
public record WalSchema(
    Fingerprint fingerprint,
    Generation generation,
    RecordShape before,
    RecordShape after,
    String text) {

  /**
   * Reads a schema text.
   *
   * @throws MessageException if it is no schema
   * @see SchemaParser
   */
  public static WalSchema parse(Fingerprint fingerprint, String json) {
    return SchemaParser.parse(fingerprint, json);
  }
}
