package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.wire.Operation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the messages of PostgreSQL's pgoutput plugin, protocol version 1. */
final class PgOutput {

  /** A message that the producer does something with. */
  sealed interface Message {}

  /** A transaction begins; it is sent when it has committed. */
  record Begin(long finalLsn, long committedAtMicros, long transactionId) implements Message {}

  /**
   * @param endLsn just behind the commit record: what to acknowledge
   */
  record Commit(long endLsn) implements Message {}

  record Described(Relation relation) implements Message {}

  /**
   * A row change.
   *
   * @param before key (or all) columns as they were, where PostgreSQL sends them
   * @param after the row as it is, unless deleted
   */
  record Row(int relation, Operation operation, @Nullable Tuple before, @Nullable Tuple after)
      implements Message {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Truncate(int[] relations) implements Message {}

  /** Microseconds from 1970 to PostgreSQL's epoch, 2000-01-01. */
  private static final long EPOCH_MICROS = 946_684_800_000_000L;

  private PgOutput() {}

  /** Empty for messages that do not matter here: origins, types, logical messages. */
  static Optional<Message> read(ByteBuffer in) {
    byte kind = in.get();
    return switch (kind) {
      case 'B' -> Optional.of(begin(in));
      case 'C' -> Optional.of(commit(in));
      case 'R' -> Optional.of(new Described(relation(in)));
      case 'I' -> Optional.of(insert(in));
      case 'U' -> Optional.of(update(in));
      case 'D' -> Optional.of(delete(in));
      case 'T' -> Optional.of(truncate(in));
      case 'O', 'Y', 'M' -> Optional.empty();
      default -> throw new IllegalStateException("pgoutput message of unknown kind " + (char) kind);
    };
  }

  private static Begin begin(ByteBuffer in) {
    long lsn = in.getLong();
    long at = in.getLong() + EPOCH_MICROS;
    return new Begin(lsn, at, Integer.toUnsignedLong(in.getInt()));
  }

  private static Commit commit(ByteBuffer in) {
    in.get(); // flags
    in.getLong(); // the commit record's start: known from the Begin
    return new Commit(in.getLong());
  }

  private static Relation relation(ByteBuffer in) {
    int oid = in.getInt();
    String namespace = string(in);
    String name = string(in);
    char replicaIdentity = (char) in.get();
    int count = in.getShort();
    var columns = new ArrayList<SourceColumn>(count);
    for (int i = 0; i < count; i++) {
      boolean key = (in.get() & 1) != 0;
      String column = string(in);
      int type = in.getInt();
      columns.add(new SourceColumn(column, SourceType.of(type, in.getInt()), key));
    }
    return new Relation(oid, namespace, name, replicaIdentity, columns);
  }

  private static Row insert(ByteBuffer in) {
    int relation = in.getInt();
    in.get(); // N
    return new Row(relation, Operation.INSERT, null, tuple(in));
  }

  private static Row update(ByteBuffer in) {
    int relation = in.getInt();
    byte part = in.get();
    if (part == 'N') {
      return new Row(relation, Operation.UPDATE, null, tuple(in));
    }
    Tuple before = tuple(in); // K: a changed key; O: the whole row, with REPLICA IDENTITY FULL
    in.get(); // N
    return new Row(relation, Operation.UPDATE_KEY, before, tuple(in));
  }

  private static Row delete(ByteBuffer in) {
    int relation = in.getInt();
    in.get(); // K or O
    return new Row(relation, Operation.DELETE, tuple(in), null);
  }

  private static Truncate truncate(ByteBuffer in) {
    int[] relations = new int[in.getInt()];
    in.get(); // CASCADE, RESTART IDENTITY: the cascade's tables are in the list
    for (int i = 0; i < relations.length; i++) {
      relations[i] = in.getInt();
    }
    return new Truncate(relations);
  }

  private static Tuple tuple(ByteBuffer in) {
    int count = in.getShort();
    int[] from = new int[count];
    int[] to = new int[count];
    for (int i = 0; i < count; i++) {
      byte kind = in.get();
      switch (kind) {
        case 'n' -> from[i] = Tuple.NULL;
        case 'u' -> from[i] = Tuple.UNCHANGED;
        case 't' -> {
          int length = in.getInt();
          from[i] = in.arrayOffset() + in.position();
          to[i] = from[i] + length;
          in.position(in.position() + length);
        }
        default -> throw new IllegalStateException("pgoutput column of kind " + (char) kind);
      }
    }
    return new Tuple(in.array(), from, to);
  }

  private static String string(ByteBuffer in) {
    int start = in.position();
    while (in.get() != 0) {
      // up to the terminating zero
    }
    return new String(in.array(), in.arrayOffset() + start, in.position() - start - 1, UTF_8);
  }
}
