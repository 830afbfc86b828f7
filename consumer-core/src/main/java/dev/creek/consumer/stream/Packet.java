package dev.creek.consumer.stream;

import dev.creek.consumer.api.SourceTable;
import org.jspecify.annotations.Nullable;

/**
 * One JetStream message.
 *
 * @param sequence its stream sequence
 * @param data its payload, owned by the receiver
 * @param table the table of its subject; null if the subject is none of the database's, or if one
 *     table alone is read
 */
@SuppressWarnings("ArrayRecordComponent") // identity is never compared
public record Packet(long sequence, byte[] data, @Nullable SourceTable table) {
  /** A message of the one table that is read. */
  public Packet(long sequence, byte[] data) {
    this(sequence, data, null);
  }
}
