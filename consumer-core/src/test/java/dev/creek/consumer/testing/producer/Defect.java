package dev.creek.consumer.testing.producer;

import dev.creek.consumer.api.Generation;
import java.util.EnumSet;
import java.util.Set;

/**
 * What the real producer gets wrong, each to be switched on by itself. Without any, {@link
 * TestProducer} loses nothing that the wire can carry, and tells what it cannot ({@link Drop}).
 */
public enum Defect {
  /**
   * An update of a row with an unchanged TOASTed value is lost. Without it the value is taken from
   * the row as it is now on the source: a later version at worst, whose own change follows.
   */
  DROP_UNCHANGED_TOAST,

  /**
   * NEW: {@code Nats-Msg-Id}s that different messages share, so that JetStream keeps only the first
   * of them within the duplicate window. Without it ids are unique, even from one start to the
   * next.
   */
  COLLIDING_MSG_IDS,

  /**
   * NEW: packets that fill max_payload and leave no room for the header, so that the client refuses
   * them. The bus then publishes nothing until the next start, while the slot is acknowledged.
   */
  OVERSIZED_PACKETS,

  /**
   * JSON goes through Go's float64 and sorted maps: objects are written anew, JSON null is SQL
   * NULL, anything else loses its message.
   */
  JSON_THROUGH_GO,

  /**
   * Values of types without a text form in the producer's library lose their message: bytea, inet,
   * cidr, macaddr, interval, ranges, bit strings, oid, xid, point, line, "char", NEW also xml.
   */
  DROP_UNSUPPORTED_TYPES,

  /** NEW: an empty array is a NULL. */
  EMPTY_ARRAY_AS_NULL,

  /** A snapshot loses its rows with an infinite date or timestamp. */
  DROP_INFINITE_SNAPSHOT_ROWS,

  /** A column that is in several indexes comes that often in a snapshot's header and rows. */
  DUPLICATE_HEADER_FIELDS,

  /** A snapshot of a table whose name needs quotes ends after its header. */
  UNQUOTED_SNAPSHOT_NAMES,

  /** NEW: after a request that it cannot answer, an API is deaf for two seconds. */
  API_DEAF_AFTER_BAD_REQUEST,

  /** Not the real producer's, but a dead one's: snapshots end without their EOF. */
  NO_SNAPSHOT_EOF,

  /**
   * Not the real producer's, but what a crash at the wrong moment does: the slot is acknowledged
   * {@value #LATE_TRANSACTIONS} transactions late, so that a restart publishes those again; unless
   * the server asks, as it does before it ends in order.
   */
  DUPLICATE_AFTER_RESTART;

  /** How far {@link #DUPLICATE_AFTER_RESTART} stays behind. */
  static final int LATE_TRANSACTIONS = 20;

  /** All that the real producer of this generation has. */
  public static Set<Defect> ofRealProducer(Generation generation) {
    var defects = EnumSet.complementOf(EnumSet.of(NO_SNAPSHOT_EOF, DUPLICATE_AFTER_RESTART));
    if (generation == Generation.OLD) {
      defects.removeAll(
          EnumSet.of(
              COLLIDING_MSG_IDS,
              OVERSIZED_PACKETS,
              EMPTY_ARRAY_AS_NULL,
              API_DEAF_AFTER_BAD_REQUEST));
    }
    return defects;
  }
}
