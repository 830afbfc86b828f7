package dev.creek.consumer.jetstream.direct;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.jetstream.pull.PullReceiver;
import dev.creek.consumer.jetstream.pull.SubjectTable;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/** Who takes what which consumer at the broker sends. Thread-safe. */
final class PacketReceivers {
  private final Map<String, Entry> byConsumer = new ConcurrentHashMap<>();

  /** A receiver with its consumer's name; disposing it ends it. */
  static final class Entry implements Disposable {
    private final PacketReceivers in;
    private final String consumer;
    private final byte[] name;
    private final SubjectTable tables;

    /** Null once it is disposed: what knows this for long must not keep what was received. */
    private volatile @Nullable PullReceiver receiver;

    /** Only for who hands messages over: whether some were since the last pause. */
    private boolean hasNew;

    private Entry(PacketReceivers in, String consumer, SubjectTable tables, PullReceiver receiver) {
      this.in = in;
      this.consumer = consumer;
      this.name = consumer.getBytes(US_ASCII);
      this.tables = tables;
      this.receiver = receiver;
    }

    /** The table of a message with the subject that these bytes are. */
    @Nullable SourceTable table(byte[] bytes, int from, int to) {
      return tables == SubjectTable.NONE
          ? null
          : tables.of(new String(bytes, from, to - from, UTF_8));
    }

    /** Hands a message over; whether it is the first since the last pause. */
    boolean deliver(AckSubject ack, byte[] data, long wireBytes) {
      PullReceiver to = receiver;
      if (to == null) {
        return false;
      }
      to.onMessage(ack, data, wireBytes);
      boolean first = !hasNew;
      hasNew = true;
      return first;
    }

    void pause() {
      hasNew = false;
      PullReceiver to = receiver;
      if (to != null) {
        to.onPause();
      }
    }

    @Override
    public void dispose() {
      receiver = null;
      in.remove(this);
    }

    @Override
    public boolean isDisposed() {
      return receiver == null;
    }
  }

  /** From now on until it is disposed this receiver gets the messages of that consumer. */
  Disposable register(String consumer, SubjectTable tables, PullReceiver receiver) {
    Entry entry = new Entry(this, consumer, tables, receiver);
    byConsumer.put(consumer, entry);
    return entry;
  }

  private void remove(Entry entry) {
    byConsumer.remove(entry.consumer, entry);
  }

  /**
   * The one whose consumer's name these bytes are.
   *
   * @param last who got the message before: mostly it is the same
   */
  @Nullable Entry find(byte[] bytes, int from, int to, @Nullable Entry last) {
    return last != null
            && !last.isDisposed()
            && Arrays.equals(bytes, from, to, last.name, 0, last.name.length)
        ? last
        : byConsumer.get(new String(bytes, from, to - from, US_ASCII));
  }
}
