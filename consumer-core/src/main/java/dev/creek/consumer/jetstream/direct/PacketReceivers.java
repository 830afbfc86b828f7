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

/** The receivers of messages, by the names of their JetStream consumers. Thread-safe. */
final class PacketReceivers {
  private final Map<String, Entry> byConsumer = new ConcurrentHashMap<>();

  /** The registration of a receiver, until it is disposed. */
  static final class Entry implements Disposable {
    private final PacketReceivers in;
    private final String consumer;
    private final byte[] name;
    private final SubjectTable tables;

    /**
     * Null once it is disposed. {@link LineBeginnings} may refer to this entry for long after that,
     * and must not keep the receiver's messages in memory.
     */
    private volatile @Nullable PullReceiver receiver;

    /** True if it got messages since the last pause. Used by the reading thread only. */
    private boolean hasNew;

    private Entry(PacketReceivers in, String consumer, SubjectTable tables, PullReceiver receiver) {
      this.in = in;
      this.consumer = consumer;
      this.name = consumer.getBytes(US_ASCII);
      this.tables = tables;
      this.receiver = receiver;
    }

    /** The table of the subject in {@code bytes[from, to)}. */
    @Nullable SourceTable table(byte[] bytes, int from, int to) {
      return tables == SubjectTable.NONE
          ? null
          : tables.of(new String(bytes, from, to - from, UTF_8));
    }

    /** Delivers a message. Returns true if it is the first since the last pause. */
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

  /** Delivers the messages of a consumer to a receiver until the result is disposed. */
  Disposable register(String consumer, SubjectTable tables, PullReceiver receiver) {
    Entry entry = new Entry(this, consumer, tables, receiver);
    byConsumer.put(consumer, entry);
    return entry;
  }

  private void remove(Entry entry) {
    byConsumer.remove(entry.consumer, entry);
  }

  /**
   * The entry of the consumer whose name is {@code bytes[from, to)}; null if there is none.
   *
   * @param last entry of the message before, which is compared first: usually it is the same
   */
  @Nullable Entry find(byte[] bytes, int from, int to, @Nullable Entry last) {
    return last != null
            && !last.isDisposed()
            && Arrays.equals(bytes, from, to, last.name, 0, last.name.length)
        ? last
        : byConsumer.get(new String(bytes, from, to - from, US_ASCII));
  }
}
