package dev.creek.consumer;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.SnapshotOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/** Everything that a {@link CreekConsumer} needs. Immutable. */
public final class ConsumerOptions {
  private final BrokerOptions broker;
  private final DatabaseOptions database;
  private final PipelineOptions pipelines;
  private final MetricsRecorder recorder;
  private final Instance.Self self;
  private final @Nullable Scheduler scheduler;

  private ConsumerOptions(Builder builder) {
    this.broker = builder.broker;
    this.database = builder.database;
    this.pipelines =
        PipelineOptions.DEFAULT
            .withLimits(builder.batches)
            .withLinger(builder.linger)
            .withMaxMessageBytes(builder.maxMessageBytes)
            .withSnapshots(builder.snapshots)
            .withGrouping(builder.grouping);
    this.recorder = builder.recorder;
    this.self = builder.self == null ? Instance.Self.of("unknown", null) : builder.self;
    this.scheduler = builder.scheduler;
  }

  /** Defaults for these two servers, as {@link Builder#build}. */
  public static ConsumerOptions of(BrokerOptions broker, DatabaseOptions database) {
    return builder(broker, database).build();
  }

  /**
   * Options that start with the defaults.
   *
   * @param broker the broker that the producer publishes to
   * @param database the target database
   */
  public static Builder builder(BrokerOptions broker, DatabaseOptions database) {
    return new Builder(broker, database);
  }

  BrokerOptions broker() {
    return broker;
  }

  DatabaseOptions database() {
    return database;
  }

  PipelineOptions pipelines() {
    return pipelines;
  }

  SnapshotOptions snapshots() {
    return pipelines.snapshots();
  }

  MetricsRecorder recorder() {
    return recorder;
  }

  Instance.Self self() {
    return self;
  }

  @Nullable Scheduler scheduler() {
    return scheduler;
  }

  /** Collects what differs from the defaults. Not thread-safe. */
  public static final class Builder {
    private final BrokerOptions broker;
    private final DatabaseOptions database;
    private BatchLimits batches = BatchLimits.DEFAULT;
    private @Nullable Duration linger;
    private Grouping grouping = PipelineOptions.DEFAULT.grouping();
    private @Nullable Integer maxMessageBytes;
    private SnapshotOptions snapshots = SnapshotOptions.DEFAULT;
    private MetricsRecorder recorder = MetricsRecorder.NONE;
    private Instance.@Nullable Self self;
    private @Nullable Scheduler scheduler;

    private Builder(BrokerOptions broker, DatabaseOptions database) {
      this.broker = broker;
      this.database = database;
    }

    /**
     * Bounds of a batch, and so of the memory of a table; 5000 changes and 1 MiB by default.
     *
     * @param rows changes, at least 1
     * @param bytes of their messages, at least 1; one larger message makes a batch of its own
     * @throws IllegalArgumentException if either is less
     */
    public Builder batches(int rows, int bytes) {
      batches = new BatchLimits(rows, bytes);
      return this;
    }

    /**
     * How long a table that is caught up waits for more of the last transaction. Null, the default,
     * adapts between 1 and 20 ms, in groups up to 250 ms; zero shows transactions in parts.
     */
    public Builder linger(@Nullable Duration value) {
      linger = value;
      return this;
    }

    /**
     * The tables that are applied together, if they are in no named group; {@link Grouping#TABLE}
     * by default. All instances that share a target's tables need the same.
     */
    public Builder grouping(Grouping value) {
      grouping = value;
      return this;
    }

    /**
     * The longest row message, in bytes; a longer one stops its table before it is gathered. Null,
     * the default, goes with the heap.
     */
    public Builder maxMessageBytes(@Nullable Integer value) {
      maxMessageBytes = value;
      return this;
    }

    /** The number of snapshots applied at once, at least 1; others wait. 2 by default. */
    public Builder snapshotsAtOnce(int value) {
      snapshots = snapshots.withAtOnce(value);
      return this;
    }

    /**
     * How long to wait for the producer's answer, and for each next message, before a snapshot is
     * given up; 60 s by default.
     */
    public Builder snapshotStall(Duration value) {
      snapshots = snapshots.withStall(value);
      return this;
    }

    /**
     * How long a command that needs a snapshot repeats its request while no producer answers; twice
     * the {@link #snapshotStall} by default.
     */
    public Builder producerWait(Duration value) {
      snapshots = snapshots.withProducerWait(value);
      return this;
    }

    /** Receives metrics; its exceptions are logged and do no harm. None by default. */
    public Builder recorder(MetricsRecorder value) {
      recorder = value;
      return this;
    }

    /** Description of this process among those that share the target's tables. */
    public Builder self(Instance.Self value) {
      self = value;
      return this;
    }

    /**
     * Threads for decoding and preparing changes: a scheduler with several workers. It is not
     * disposed of. Null, the default, makes one for each run, with a daemon thread for each
     * processor.
     */
    public Builder scheduler(@Nullable Scheduler value) {
      scheduler = value;
      return this;
    }

    /**
     * The options. If {@link #self} is not set, it looks up the host's name, and may block for a
     * moment.
     */
    public ConsumerOptions build() {
      return new ConsumerOptions(this);
    }
  }
}
