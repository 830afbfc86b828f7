package dev.creek.consumer.jetstream.direct;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.creek.consumer.jetstream.pull.PullReceiver;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/** Who takes what which consumer at the broker sends. Thread-safe. */
final class PacketReceivers {
  private final Map<String, Entry> byConsumer = new ConcurrentHashMap<>();

  /** The same, to go through quickly. */
  private volatile Entry[] all = {};

  /** A receiver with its consumer's name; disposing it ends it. */
  static final class Entry implements Disposable {
    private final PacketReceivers in;
    private final String consumer;
    private final byte[] name;
    private final PullReceiver receiver;
    private volatile boolean disposed;
    private volatile @Nullable LineBeginning beginning;

    /** Only for who hands messages over: whether some were since the last pause. */
    private boolean hasNew;

    private Entry(PacketReceivers in, String consumer, PullReceiver receiver) {
      this.in = in;
      this.consumer = consumer;
      this.name = consumer.getBytes(US_ASCII);
      this.receiver = receiver;
    }

    /** Hands a message over; whether it is the first since the last pause. */
    boolean deliver(AckSubject ack, byte[] data, long wireBytes) {
      receiver.onMessage(ack, data, wireBytes);
      boolean first = !hasNew;
      hasNew = true;
      return first;
    }

    void pause() {
      hasNew = false;
      if (!disposed) {
        receiver.onPause();
      }
    }

    /** From now on its messages are known by how their lines begin. */
    void knownBy(LineBeginning line) {
      beginning = line;
    }

    @Override
    public void dispose() {
      disposed = true;
      in.remove(this);
    }

    @Override
    public boolean isDisposed() {
      return disposed;
    }
  }

  /** From now on until it is disposed this receiver gets the messages of that consumer. */
  synchronized Disposable register(String consumer, PullReceiver receiver) {
    Entry entry = new Entry(this, consumer, receiver);
    byConsumer.put(consumer, entry);
    all = byConsumer.values().toArray(Entry[]::new);
    return entry;
  }

  private synchronized void remove(Entry entry) {
    byConsumer.remove(entry.consumer, entry);
    all = byConsumer.values().toArray(Entry[]::new);
  }

  /**
   * The one whose consumer's name these bytes are.
   *
   * @param last who got the message before: mostly it is the same
   */
  @Nullable Entry find(byte[] bytes, int from, int to, @Nullable Entry last) {
    return last != null
            && !last.disposed
            && Arrays.equals(bytes, from, to, last.name, 0, last.name.length)
        ? last
        : byConsumer.get(new String(bytes, from, to - from, US_ASCII));
  }

  /**
   * The beginning of one of its receivers' lines that is there, or null.
   *
   * @param last the one before: mostly it is the same
   */
  @Nullable LineBeginning beginning(byte[] bytes, int at, int limit, @Nullable LineBeginning last) {
    if (last != null && last.isAt(bytes, at, limit)) {
      return last;
    }
    for (Entry entry : all) {
      LineBeginning known = entry.beginning;
      if (known != null && known.isAt(bytes, at, limit)) {
        return known;
      }
    }
    return null;
  }
}
