package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.wire.Operation;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes WAL messages: the envelope and the images in it. Not thread-safe. */
final class ChangeEncoder {

  /**
   * Where a change comes from.
   *
   * @param lastLsn OLD: of the transaction before, published or not
   */
  record Origin(long transactionId, long committedAtMicros, long lastLsn, long lsn) {}

  /** The real producer's name for every source. */
  private static final byte[] SOURCE_NAME = "dummy".getBytes(UTF_8);

  private final Dialect dialect;
  private final byte[] database;
  private final AvroBuffer out = new AvroBuffer();

  ChangeEncoder(Dialect dialect, String database) {
    this.dialect = dialect;
    this.database = database.getBytes(UTF_8);
  }

  /**
   * A whole logical message.
   *
   * @param before a tuple of all columns, of which the key's are written; null for none
   * @param after the new row; null for none
   */
  byte[] encode(
      TableSchema schema,
      Origin origin,
      Operation operation,
      @Nullable Tuple before,
      @Nullable Tuple after,
      long sentAtMicros)
      throws UnencodableException {
    out.truncate(0);
    long fingerprint = schema.fingerprint().bits();
    out.writeByte(0xC3);
    out.writeByte(0x01);
    for (int shift = 56; shift >= 0; shift -= 8) {
      out.writeByte((int) (fingerprint >>> shift)); // big-endian, unlike Avro's own
    }
    out.writeString(schema.fingerprint().toString());
    writeSource(schema.relation(), origin);
    out.writeLong(symbol(operation));
    out.writeLong(sentAtMicros);
    out.writeLong(before == null ? 0 : 1);
    if (before != null) {
      schema.writeBefore(before, out);
    }
    out.writeLong(after == null ? 0 : 1);
    if (after != null) {
      schema.writeAfter(after, out);
    }
    return out.toByteArray();
  }

  /** The index in the wire's enum: c, u, u_pk, d, t, r. */
  private static int symbol(Operation operation) {
    return switch (operation) {
      case INSERT -> 0;
      case UPDATE -> 1;
      case UPDATE_KEY -> 2;
      case DELETE -> 3;
      case TRUNCATE -> 4;
      case READ -> 5;
    };
  }

  private void writeSource(Relation relation, Origin origin) {
    out.writeBytes(SOURCE_NAME, 0, SOURCE_NAME.length);
    out.writeLong(origin.committedAtMicros());
    out.writeBytes(database, 0, database.length);
    out.writeString(relation.namespace());
    out.writeString(relation.name());
    out.writeLong(origin.transactionId());
    if (dialect.isOld()) {
      out.writeString(lsn(origin.lastLsn()));
    }
    out.writeString(lsn(origin.lsn()));
  }

  /** PostgreSQL's text of an LSN, without leading zeros. */
  static String lsn(long lsn) {
    return Integer.toHexString((int) (lsn >>> 32)).toUpperCase(Locale.ROOT)
        + '/'
        + Integer.toHexString((int) lsn).toUpperCase(Locale.ROOT);
  }
}
