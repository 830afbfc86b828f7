package dev.creek.consumer.wire;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SourceTable;
import org.jspecify.annotations.Nullable;

/**
 * The source transaction of a WAL message, read from its first packet alone, whatever its schema:
 * the fields up to there are the same in both generations.
 *
 * @param id 32-bit xid
 * @param committedAtMicros commit time, microseconds since 1970
 */
public record SourceTransaction(long id, long committedAtMicros) {

  /**
   * The transaction that a message belongs to.
   *
   * @param packet as the stream holds it
   * @param table the table of its subject. A message that does not name it has other fields than
   *     are known here, and tells nothing
   * @return null if the packet continues a message, or is not part of a WAL message of the table
   */
  public static @Nullable SourceTransaction of(byte[] packet, SourceTable table) {
    try {
      AvroCursor cursor = CommitTime.before(packet);
      if (cursor == null) {
        return null;
      }
      long committedAtMicros = cursor.readLong();
      boolean named =
          cursor.readString().equals(table.database())
              && cursor.readString().equals(table.namespace())
              && cursor.readString().equals(table.table());
      return named ? new SourceTransaction(cursor.readLong(), committedAtMicros) : null;
    } catch (MessageException e) {
      return null;
    }
  }

  /** Tells whether it made a change. */
  public boolean made(Change change) {
    return id == change.transactionId() && committedAtMicros == change.committedAtMicros();
  }
}
