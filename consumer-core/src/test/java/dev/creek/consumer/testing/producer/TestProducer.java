package dev.creek.consumer.testing.producer;

import dev.creek.consumer.api.Generation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A Creek producer for tests: publishes what changes in a real source PostgreSQL to NATS JetStream,
 * as either generation of the real producer does, and answers its schema and snapshot requests.
 *
 * <pre>{@code
 * try (var producer =
 *     TestProducer.builder()
 *         .source(source.jdbcUrl())
 *         .nats(nats.uri())
 *         .generation(Generation.NEW)
 *         .start()) {
 *   source.execute("insert into orders values (1, 'ann')");
 *   producer.awaitCaughtUp(Duration.ofSeconds(10));
 * }
 * }</pre>
 *
 * <p><b>Delivery.</b> Every committed change of a published table reaches JetStream at least once,
 * in commit order, whatever is killed: the slot is acknowledged only up to the last transaction
 * that JetStream has acknowledged as a whole. After trouble with NATS or the source it starts again
 * from there by itself, for ever, and publishes the transactions since then again, as a whole. What
 * the wire cannot carry is in {@link #drops}; what the real producer loses beyond that is lost only
 * with the {@link Defect} of that name.
 *
 * <p><b>Differences to the real one</b>, besides those defects: {@code Nats-Msg-Id}s of NEW are
 * unique, so a transaction that is published twice is stored twice; a second database of the OLD
 * generation adds its subjects to the streams; streams that exist keep their settings; there is no
 * schema {@code _creek} on the source, so the schema API knows what this object has published.
 *
 * <p>Needs {@code wal_level = logical}. All methods may be called from any thread; they block.
 */
public final class TestProducer implements AutoCloseable {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final long POLL_NANOS = 500_000;

  private final ProducerSettings settings;
  private final Ledger ledger = new Ledger();
  private @Nullable Supervisor supervisor;

  private TestProducer(ProducerSettings settings) {
    this.settings = settings;
  }

  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts again after {@link #stop} or {@link #kill}, where the slot was left; returns when it
   * streams.
   *
   * @throws IllegalStateException if it runs, or does not come to stream
   */
  public synchronized TestProducer start() {
    if (supervisor != null) {
      throw new IllegalStateException("it runs");
    }
    supervisor = new Supervisor(settings, ledger);
    try {
      supervisor.awaitStreaming(START_TIMEOUT);
    } catch (IllegalStateException e) {
      kill();
      throw e;
    }
    return this;
  }

  /**
   * Ends in order, between two transactions: what has been read is published and acknowledged. Only
   * a transaction that takes longer than 5 s more is cut off, and published again after a start.
   */
  public synchronized void stop() {
    if (supervisor != null) {
      supervisor.stop();
      supervisor = null;
    }
  }

  /** Ends as a crash does: nothing more is published, acknowledged or waited for. */
  public synchronized void kill() {
    if (supervisor != null) {
      supervisor.kill();
      supervisor = null;
    }
  }

  /** {@link #stop}. The slot and the publication stay; see {@link #dropSlot}. */
  @Override
  public void close() {
    stop();
  }

  /** Stops, and removes the slot, which would else keep WAL on the source for ever. */
  public void dropSlot() {
    stop();
    try (Connection connection = settings.source().connect();
        PreparedStatement statement =
            connection.prepareStatement(
                "select pg_drop_replication_slot(slot_name)"
                    + " from pg_replication_slots where slot_name = ?")) {
      statement.setString(1, settings.slot());
      statement.execute();
    } catch (SQLException e) {
      throw new IllegalStateException("the slot stays: " + e.getMessage(), e);
    }
  }

  /**
   * Waits until everything that was committed on the source before this call is in JetStream (or in
   * {@link #drops}).
   *
   * @throws IllegalStateException if that takes longer than {@code timeout}, or the producer failed
   *     or does not run
   */
  public void awaitCaughtUp(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    long mark;
    try {
      mark = settings.source().mark();
    } catch (SQLException e) {
      throw new IllegalStateException("the source is not there: " + e.getMessage(), e);
    }
    while (Long.compareUnsigned(ledger.acknowledgedLsn(), mark) < 0) {
      failure()
          .ifPresent(
              e -> {
                throw new IllegalStateException("the producer failed", e);
              });
      if (!isRunning()) {
        throw new IllegalStateException("the producer does not run");
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "not caught up after " + timeout + trouble().map(e -> ": " + e).orElse(""));
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  public synchronized boolean isRunning() {
    return supervisor != null && supervisor.isRunning();
  }

  /**
   * What ended the producer for good: a defect of its own, or something that waiting cannot mend.
   */
  public synchronized Optional<Throwable> failure() {
    return Optional.ofNullable(supervisor).flatMap(Supervisor::failure);
  }

  /** The last trouble with NATS or the source since the last start; it started again after it. */
  public synchronized Optional<Throwable> trouble() {
    return Optional.ofNullable(supervisor).flatMap(Supervisor::trouble);
  }

  /** WAL messages that JetStream has acknowledged, repeats included. */
  public long published() {
    return ledger.publishedMessages();
  }

  /** Packets that JetStream has acknowledged as duplicates and not stored. */
  public long deduplicated() {
    return ledger.deduplicatedMessages();
  }

  /**
   * Updates with an unchanged TOASTed value of rows that were gone by then: not published, since
   * what became of the row follows.
   */
  public long superseded() {
    return ledger.supersededUpdates();
  }

  /** Snapshots that have been asked for and have not ended, well or badly. */
  public int runningSnapshots() {
    return ledger.runningSnapshots();
  }

  /** What was not published, and why; since the first start. */
  public List<Drop> drops() {
    return ledger.drops();
  }

  /** What a producer is to be like. */
  public static final class Builder {
    private static final int OLD_IN_FLIGHT = 1024;

    private @Nullable Source source;
    private @Nullable String database;
    private String publication = "creek_pub";
    private String slot = "creek_pub";
    private List<String> tables = List.of();
    private @Nullable String natsUri;
    private String namespace = "CREEK";
    private Generation generation = Generation.NEW;
    private final Set<Defect> defects = EnumSet.noneOf(Defect.class);
    private int inFlightMessages;
    private Duration clockOffset = Duration.ZERO;

    private Builder() {}

    /** The source database: {@code jdbc:postgresql://…} or {@code postgres://…}. Required. */
    public Builder source(String url) {
      this.source = Source.of(url);
      return this;
    }

    /** The source's name on the wire; without it, the database's own. */
    public Builder database(String name) {
      this.database = name;
      return this;
    }

    /** The publication, {@code creek_pub} by default; created if it is not there. */
    public Builder publication(String name) {
      this.publication = name;
      return this;
    }

    /** The tables of a publication that is created, as SQL writes them; without them, all. */
    public Builder tables(String... names) {
      this.tables = List.of(names);
      return this;
    }

    /**
     * The replication slot, {@code creek_pub} by default; created if it is not there. Slots belong
     * to the server: producers of two of its databases need two names.
     */
    public Builder slot(String name) {
      this.slot = name;
      return this;
    }

    /** {@code nats://host:port}. Required. */
    public Builder nats(String uri) {
      this.natsUri = uri;
      return this;
    }

    /** The Creek namespace, {@code CREEK} by default. */
    public Builder namespace(String name) {
      this.namespace = name;
      return this;
    }

    /** Which wire to speak; NEW by default. */
    public Builder generation(Generation which) {
      this.generation = which;
      return this;
    }

    /** What to get wrong; without it, nothing. */
    public Builder defects(Defect... which) {
      return defects(List.of(which));
    }

    /** What to get wrong, as {@link Defect#ofRealProducer}. */
    public Builder defects(Collection<Defect> which) {
      defects.addAll(which);
      return this;
    }

    /**
     * How many packets may be on their way to JetStream. As with the real producers it is 1 in NEW,
     * whose rows come a round trip apart, and many in OLD. More makes NEW fit to drive load.
     */
    public Builder inFlight(int packets) {
      this.inFlightMessages = packets;
      return this;
    }

    /**
     * How far the source's clock is ahead of everybody else's; behind them where it is negative.
     * Shifts all that the wire tells of that clock: commit times, a snapshot's time and the time in
     * its subject.
     */
    public Builder clockOffset(Duration ahead) {
      this.clockOffset = ahead;
      return this;
    }

    /** A producer that does not run yet. */
    public TestProducer build() {
      Source from = Objects.requireNonNull(source, "source");
      int inFlight = generation == Generation.OLD ? OLD_IN_FLIGHT : 1;
      return new TestProducer(
          new ProducerSettings(
              from,
              database == null ? from.database() : database,
              publication,
              slot,
              tables,
              Objects.requireNonNull(natsUri, "nats"),
              namespace,
              new Dialect(generation, defects),
              inFlightMessages > 0 ? inFlightMessages : inFlight,
              clockOffset));
    }

    /** Builds a producer and {@linkplain TestProducer#start starts} it. */
    public TestProducer start() {
      return build().start();
    }
  }
}
