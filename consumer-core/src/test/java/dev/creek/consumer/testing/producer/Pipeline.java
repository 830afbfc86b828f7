package dev.creek.consumer.testing.producer;

import io.nats.client.api.PublishAck;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Publishes packets in order and waits for their acknowledgements out of the way: at most so many
 * messages and {@value #MAX_BYTES} bytes are on their way at any time. The first failure is final:
 * nothing is published after it.
 */
final class Pipeline {
  private static final long MAX_BYTES = 16L << 20;
  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Broker broker;
  private final Ledger ledger;
  private final int maxMessages;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private final ArrayDeque<Entry> entries = new ArrayDeque<>();
  private int messages;
  private long bytes;
  private @Nullable Throwable failure;

  /** A packet on its way, or what to do when all packets before it have arrived. */
  private static final class Entry {
    private final int bytes;
    private final @Nullable Runnable whenReached;
    private boolean done;

    Entry(int bytes, @Nullable Runnable whenReached) {
      this.bytes = bytes;
      this.whenReached = whenReached;
      this.done = whenReached != null;
    }
  }

  Pipeline(Broker broker, Ledger ledger, int maxMessages) {
    this.broker = broker;
    this.ledger = ledger;
    this.maxMessages = maxMessages;
  }

  /** Publishes a packet; waits for room first. */
  void publish(String subject, @Nullable String messageId, byte[] packet)
      throws IOException, InterruptedException {
    Entry entry = new Entry(packet.length, null);
    lock.lockInterruptibly();
    try {
      await(() -> messages < maxMessages && (bytes == 0 || bytes + packet.length <= MAX_BYTES));
      entries.add(entry);
      messages++;
      bytes += packet.length;
    } finally {
      lock.unlock();
    }
    var unused =
        broker
            .publish(subject, messageId, packet)
            .whenComplete((ack, error) -> completed(entry, ack, error));
  }

  /** Runs {@code action} when all that was published before is acknowledged: perhaps at once. */
  void whenAcknowledged(Runnable action) {
    lock.lock();
    try {
      entries.add(new Entry(0, action));
      advance();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until everything is acknowledged. */
  void drain() throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      await(entries::isEmpty);
    } finally {
      lock.unlock();
    }
  }

  /** Throws what ended this pipeline, if something has. */
  void check() throws IOException {
    lock.lock();
    try {
      if (failure != null) {
        throw new IOException("publishing failed: " + failure, failure);
      }
    } finally {
      lock.unlock();
    }
  }

  private void completed(Entry entry, @Nullable PublishAck ack, @Nullable Throwable error) {
    lock.lock();
    try {
      if (error != null) {
        failure = failure == null ? error : failure;
      } else {
        entry.done = true;
        if (ack != null && ack.isDuplicate()) {
          ledger.deduplicated();
        }
        advance();
      }
      // Who waits for room is woken when there is much of it: a switch of threads costs more than
      // the message.
      if (failure != null || messages <= maxMessages / 2) {
        moved.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes off what is done, up to the first that is not: what follows a hole does not count. */
  private void advance() {
    for (Entry head = entries.peek(); head != null && head.done; head = entries.peek()) {
      entries.remove();
      if (head.whenReached != null) {
        head.whenReached.run();
      } else {
        messages--;
        bytes -= head.bytes;
      }
    }
  }

  private interface Ready {
    boolean get();
  }

  private void await(Ready ready) throws IOException, InterruptedException {
    long left = TIMEOUT_NANOS;
    while (failure == null && !ready.get()) {
      if (left <= 0) {
        throw new IOException("JetStream did not acknowledge for 30 s");
      }
      left = moved.awaitNanos(left);
    }
    check();
  }
}
