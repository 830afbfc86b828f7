package dev.creek.consumer.jetstream.pull;

import dev.creek.consumer.api.SourceTable;
import io.nats.client.ConnectionListener;
import io.nats.client.Message;
import io.nats.client.Options;
import io.nats.client.impl.NatsJetStreamMetaData;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/**
 * Messages come in as the client delivers them to any subscription: parsed by its reading thread,
 * with their headers, and through the queue of its dispatcher, where statuses keep their place
 * among them.
 *
 * <p>That queue has no bound of its own. It holds no more than was requested, so a request counts
 * {@link #overheadBytes} for each message.
 */
public final class ClientPullReader implements PullReader {
  /**
   * The client's objects for a message, with the node of the queue, take 720 bytes beyond those
   * that the broker counts if it has one header, and 250 if it has none (measured).
   */
  private static final int OVERHEAD_BYTES = 1024;

  private final Executor pauses;

  /**
   * A reader through the client.
   *
   * @param pauses runs what follows a number of messages: for each of them it would be too often,
   *     and the dispatcher does not report when its queue is empty
   */
  public ClientPullReader(Executor pauses) {
    this.pauses = pauses;
  }

  @Override
  public void prepare(Options.Builder options, ConnectionListener listener) {
    options.connectionListener(listener);
  }

  @Override
  public PullIntake intake(
      String consumer, SubjectTable tables, PullReceiver receiver, Consumer<Message> others) {
    var intake = new Intake(consumer, tables, receiver, others);
    return new PullIntake(intake::onMessage, intake);
  }

  @Override
  public int overheadBytes() {
    return OVERHEAD_BYTES;
  }

  private record Place(
      long streamSequence, long consumerSequence, long pending, @Nullable SourceTable table)
      implements MessagePlace {}

  private final class Intake implements Disposable {
    private final String consumer;
    private final SubjectTable tables;
    private final PullReceiver receiver;
    private final Consumer<Message> others;
    private final AtomicBoolean pauseDue = new AtomicBoolean();
    private volatile boolean disposed;

    Intake(String consumer, SubjectTable tables, PullReceiver receiver, Consumer<Message> others) {
      this.consumer = consumer;
      this.tables = tables;
      this.receiver = receiver;
      this.others = others;
    }

    void onMessage(Message message) {
      if (disposed) {
        return;
      }
      Place place = place(message);
      if (place == null) {
        others.accept(message);
        return;
      }
      receiver.onMessage(place, message.getData(), message.consumeByteCount());
      if (!pauseDue.getAndSet(true)) {
        pauses.execute(this::pause);
      }
    }

    /** Null if it is not one of this consumer's messages. */
    private @Nullable Place place(Message message) {
      if (!message.isJetStream()) {
        return null;
      }
      NatsJetStreamMetaData told;
      try {
        told = message.metaData();
      } catch (IllegalArgumentException e) {
        return null;
      }
      boolean ours =
          told.getConsumer().equals(consumer)
              && told.streamSequence() > 0
              && told.consumerSequence() > 0
              && told.pendingCount() >= 0;
      return ours
          ? new Place(
              told.streamSequence(),
              told.consumerSequence(),
              told.pendingCount(),
              tables.of(message.getSubject()))
          : null;
    }

    private void pause() {
      pauseDue.set(false);
      if (!disposed) {
        receiver.onPause();
      }
    }

    @Override
    public void dispose() {
      disposed = true;
    }

    @Override
    public boolean isDisposed() {
      return disposed;
    }
  }
}
