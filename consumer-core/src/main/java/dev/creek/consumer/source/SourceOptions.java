package dev.creek.consumer.source;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.SnapshotOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/** Everything that a {@link CreekSource} needs. Immutable. */
public final class SourceOptions {
  private final BrokerOptions broker;
  private final Positions positions;
  private final PipelineOptions pipelines;
  private final BatchLimits transactions;
  private final SourceListener listener;
  private final @Nullable Scheduler scheduler;

  private SourceOptions(Builder builder) {
    this.broker = builder.broker;
    this.positions = builder.positions;
    this.pipelines =
        PipelineOptions.DEFAULT
            .withLimits(builder.batches)
            .withLinger(builder.linger)
            .withMaxMessageBytes(builder.maxMessageBytes)
            .withSnapshots(SnapshotOptions.DEFAULT.withStall(builder.snapshotStall));
    this.transactions = builder.transactions;
    this.listener = builder.listener;
    this.scheduler = builder.scheduler;
  }

  /**
   * Options that start with the defaults.
   *
   * @param natsUri one or more URIs, as {@link BrokerOptions#builder} takes them
   * @throws IllegalArgumentException if it cannot be read
   */
  public static Builder builder(String natsUri) {
    return builder(BrokerOptions.builder(natsUri).build());
  }

  /**
   * Options that start with the defaults.
   *
   * @param broker the broker that the producer publishes to
   */
  public static Builder builder(BrokerOptions broker) {
    return new Builder(broker);
  }

  BrokerOptions broker() {
    return broker;
  }

  Positions positions() {
    return positions;
  }

  PipelineOptions pipelines() {
    return pipelines;
  }

  BatchLimits transactions() {
    return transactions;
  }

  SourceListener listener() {
    return listener;
  }

  @Nullable Scheduler scheduler() {
    return scheduler;
  }

  /** Collects what differs from the defaults. Not thread-safe. */
  public static final class Builder {
    /** 65,536 changes or 16 MiB. */
    private static final BatchLimits TRANSACTION = new BatchLimits(1 << 16, 16 << 20);

    private final BrokerOptions broker;
    private Positions positions = Positions.inMemory();
    private BatchLimits batches = BatchLimits.DEFAULT;
    private BatchLimits transactions = TRANSACTION;
    private @Nullable Duration linger;
    private @Nullable Integer maxMessageBytes;
    private Duration snapshotStall = SnapshotOptions.DEFAULT.stall();
    private SourceListener listener = SourceListener.NONE;
    private @Nullable Scheduler scheduler;

    private Builder(BrokerOptions broker) {
      this.broker = broker;
    }

    /** Where positions are stored; in memory by default, so that a restart begins anew. */
    public Builder positions(Positions value) {
      positions = value;
      return this;
    }

    /**
     * Bounds of a batch, and so of what waits in memory; 5000 changes and 1 MiB by default.
     *
     * @param changes at least 1
     * @param bytes of their messages, at least 1; one larger message makes a batch of its own
     * @throws IllegalArgumentException if either is less
     */
    public Builder batches(int changes, int bytes) {
      batches = new BatchLimits(changes, bytes);
      return this;
    }

    /**
     * The largest transaction that comes in one piece; 65,536 changes and 16 MiB of messages by
     * default. A larger one comes in parts.
     *
     * @param changes at least 1
     * @param bytes of their messages, at least 1
     * @throws IllegalArgumentException if either is less
     */
    public Builder transactions(int changes, int bytes) {
      transactions = new BatchLimits(changes, bytes);
      return this;
    }

    /**
     * How long a reader that is caught up waits for more of the last transaction, because nothing
     * on the wire ends one but the next. Null, the default, adapts between 1 and 250 ms; zero shows
     * transactions in parts.
     */
    public Builder linger(@Nullable Duration value) {
      linger = value;
      return this;
    }

    /**
     * The longest message, in bytes; a longer one ends the stream before it is gathered. Null, the
     * default, goes with the heap.
     */
    public Builder maxMessageBytes(@Nullable Integer value) {
      maxMessageBytes = value;
      return this;
    }

    /**
     * How long to wait for the producer's answer, and for each next message of a snapshot; 60 s by
     * default.
     */
    public Builder snapshotStall(Duration value) {
      snapshotStall = value;
      return this;
    }

    /** Notified of outages; none by default. */
    public Builder listener(SourceListener value) {
      listener = value;
      return this;
    }

    /**
     * Threads on which changes are decoded and emitted; a scheduler that runs the tasks of a worker
     * one after the other. It is not disposed of, and must not be blocked by handlers: not all of
     * them run on it. Null, the default, makes one with a daemon thread for each processor.
     */
    public Builder scheduler(@Nullable Scheduler value) {
      scheduler = value;
      return this;
    }

    /** The options. */
    public SourceOptions build() {
      return new SourceOptions(this);
    }
  }
}
