package dev.creek.consumer.testing.producer;

import io.nats.client.JetStreamApiException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One life of a producer: connects, streams until told to stop or something fails, and begins
 * nothing anew. What it published and did not acknowledge is published again by the next.
 */
public final class Session implements AutoCloseable {
  private static final long FEEDBACK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long HEARTBEAT_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long SHORT_NAP_NANOS = TimeUnit.MICROSECONDS.toNanos(50);
  private static final long NAP_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long LAST_TRANSACTION_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** How often to look again at once before it counts as quiet. */
  private static final int SHORT_NAPS = 200;

  /** How many messages to publish before looking at the clock. */
  private static final int MESSAGES_PER_CLOCK = 64;

  private final Resources resources;
  private final Ledger ledger;
  private final Broker broker;
  private final Broker apiBroker;
  private final ReplicationStream stream;
  private final WalPublisher publisher;
  private final Pipeline pipeline;
  private final SlotPosition slot;
  private final ScheduledExecutorService later;
  private final ExecutorService snapshotThreads;
  private volatile boolean stopping;
  private volatile long stopNanos;
  private long idleLsn;
  private long acknowledgedLsn;
  private long acknowledgedNanos = System.nanoTime();

  private Session(ProducerSettings settings, Ledger ledger, Resources resources) {
    this.resources = resources;
    this.ledger = ledger;
    this.broker = resources.broker;
    this.apiBroker = resources.apiBroker;
    this.stream = resources.stream;
    Dialect dialect = settings.dialect();
    this.pipeline = new Pipeline(broker, ledger, settings.inFlightMessages());
    this.slot = new SlotPosition(dialect.has(Defect.DUPLICATE_AFTER_RESTART), resources.startLsn);
    this.publisher =
        new WalPublisher(
            settings,
            ledger,
            new Bus(dialect, pipeline, broker.maxPayload()),
            new Bus(dialect, pipeline, broker.maxPayload()),
            resources.toast,
            resources.startLsn);
    ThreadFactory daemons = Session::daemon;
    this.later = Executors.newSingleThreadScheduledExecutor(daemons);
    this.snapshotThreads = Executors.newCachedThreadPool(daemons);
  }

  /** What has to be closed again if the next thing fails to open. */
  private static final class Resources {
    private @Nullable Broker broker;
    private @Nullable Broker apiBroker;
    private @Nullable ReplicationStream stream;
    private @Nullable ToastLookup toast;
    private long startLsn;

    void open(ProducerSettings settings, Streams streams)
        throws IOException, SQLException, JetStreamApiException, InterruptedException {
      broker = Broker.connect(settings.natsUri(), "creek-producer-for-tests wal");
      apiBroker = Broker.connect(settings.natsUri(), "creek-producer-for-tests api");
      broker.ensureStreams(streams);
      settings.source().prepare(settings);
      startLsn = settings.source().confirmedLsn(settings.slot());
      toast = new ToastLookup(settings.source());
      stream = ReplicationStream.open(settings);
    }

    void abort() {
      if (stream != null) {
        stream.abort();
      }
      if (broker != null) {
        broker.close();
      }
      if (apiBroker != null) {
        apiBroker.close();
      }
      if (toast != null) {
        toast.close();
      }
    }
  }

  static Session open(ProducerSettings settings, Ledger ledger)
      throws IOException, SQLException, JetStreamApiException, InterruptedException {
    var streams =
        new Streams(settings.dialect().generation(), settings.namespace(), settings.database());
    var resources = new Resources();
    try {
      resources.open(settings, streams);
      Session session = new Session(settings, ledger, resources);
      session.openApis(settings, streams);
      return session;
    } catch (IllegalStateException e) {
      resources.abort();
      // How the client says that a connection has been lost meanwhile: nothing to give up for.
      throw new IOException("lost the broker at once: " + e.getMessage(), e);
    } catch (IOException | SQLException | JetStreamApiException | InterruptedException e) {
      resources.abort();
      throw e;
    }
  }

  private void openApis(ProducerSettings settings, Streams streams) {
    var snapshots = new Snapshots(settings, ledger, apiBroker, snapshotThreads);
    RequestApi.open(
        apiBroker.connection(),
        settings.dialect(),
        streams.schemaRequests(),
        ledger::schema,
        later);
    RequestApi.open(
        apiBroker.connection(),
        settings.dialect(),
        streams.snapshotRequests(),
        snapshots::begin,
        later);
  }

  /**
   * Publishes until {@link #stop}, and then to the end of the transaction, if that does not take
   * too long; waits for what is on its way, and acknowledges it.
   */
  void run() throws IOException, SQLException, InterruptedException {
    int quiet = 0;
    int messages = 0;
    while (!stopping || (publisher.isInTransaction() && System.nanoTime() < stopNanos)) {
      ByteBuffer in = stream.poll();
      if (in == null) {
        caughtUp();
        pipeline.check();
        acknowledge(FEEDBACK_NANOS);
        LockSupport.parkNanos(quiet++ < SHORT_NAPS ? SHORT_NAP_NANOS : NAP_NANOS);
        continue;
      }
      quiet = 0;
      publish(in);
      if (++messages % MESSAGES_PER_CLOCK == 0 || stream.isReplyRequested()) {
        acknowledge(FEEDBACK_NANOS);
      }
    }
    pipeline.drain();
    acknowledge(0);
    stream.close();
  }

  /** Makes {@link #run} return; from any thread. */
  void stop() {
    stopNanos = System.nanoTime() + LAST_TRANSACTION_NANOS;
    stopping = true;
  }

  /** Ends all connections at once, as a crash would; {@link #run} fails. From any thread. */
  void abort() {
    stopNanos = System.nanoTime();
    stopping = true;
    broker.close();
    stream.abort();
    apiBroker.close();
  }

  private void publish(ByteBuffer in) throws IOException, SQLException, InterruptedException {
    Optional<PgOutput.Message> message = PgOutput.read(in);
    if (message.isPresent()) {
      long endLsn = publisher.accept(message.get(), stream.receivedLsn());
      if (endLsn != 0) {
        pipeline.whenAcknowledged(
            () -> {
              slot.transaction(endLsn);
              ledger.acknowledged(endLsn);
            });
      }
    }
  }

  /** Between transactions, what the server has told of has been published. */
  private void caughtUp() {
    long lsn = stream.receivedLsn();
    if (lsn != idleLsn && !publisher.isInTransaction()) {
      idleLsn = lsn;
      pipeline.whenAcknowledged(
          () -> {
            slot.idle(lsn);
            ledger.acknowledged(lsn);
          });
    }
  }

  private void acknowledge(long notBeforeNanos) throws SQLException {
    if (stream.isReplyRequested()) {
      slot.catchUp();
    }
    long lsn = slot.lsn();
    long age = System.nanoTime() - acknowledgedNanos;
    boolean due = lsn != acknowledgedLsn ? age >= notBeforeNanos : age >= HEARTBEAT_NANOS;
    if (due || stream.isReplyRequested()) {
      stream.acknowledge(lsn);
      acknowledgedLsn = lsn;
      acknowledgedNanos = System.nanoTime();
    }
  }

  @Override
  public void close() {
    later.shutdownNow();
    snapshotThreads.shutdownNow();
    resources.abort();
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "creek-producer-for-tests");
    thread.setDaemon(true);
    return thread;
  }
}
