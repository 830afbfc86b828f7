package dev.creek.consumer;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.SnapshotOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Everything a {@link CreekConsumer} needs. Immutable.
 *
 * @param nats the broker that the producer publishes to
 * @param postgres the target database
 * @param lines how tables are applied
 * @param recorder receives what is counted; what it throws is logged and does no harm
 * @param self how this process is shown among those that share the target's tables
 */
public record ConsumerOptions(
    BrokerOptions nats,
    DatabaseOptions postgres,
    PipelineOptions lines,
    MetricsRecorder recorder,
    Instance.Self self) {

  /** Defaults for these two servers. Asks for the host's name: may block for a moment. */
  public static ConsumerOptions of(BrokerOptions nats, DatabaseOptions postgres) {
    return new ConsumerOptions(
        nats,
        postgres,
        PipelineOptions.DEFAULT,
        MetricsRecorder.NONE,
        Instance.Self.of("unknown", null));
  }

  /** With other bounds of a batch. */
  public ConsumerOptions withBatches(BatchLimits limits) {
    return withLines(lines.withLimits(limits));
  }

  /** With a fixed linger (0: none), or null to adapt. */
  public ConsumerOptions withLinger(@Nullable Duration linger) {
    return withLines(lines.withLinger(linger));
  }

  /** With another bound of a message's bytes; null for the one that goes with the heap. */
  public ConsumerOptions withMaxMessageBytes(@Nullable Integer bytes) {
    return withLines(lines.withMaxMessageBytes(bytes));
  }

  /** With other options for snapshots. */
  public ConsumerOptions withSnapshots(SnapshotOptions snapshots) {
    return withLines(lines.withSnapshots(snapshots));
  }

  private ConsumerOptions withLines(PipelineOptions other) {
    return new ConsumerOptions(nats, postgres, other, recorder, self);
  }

  /** With a recorder. */
  public ConsumerOptions withRecorder(MetricsRecorder recorder) {
    return new ConsumerOptions(nats, postgres, lines, recorder, self);
  }

  /**
   * With what people are to see of this process.
   *
   * @param version of the program
   * @param page address of its HTTP page; null where it has none
   */
  public ConsumerOptions withSelf(String version, @Nullable String page) {
    return new ConsumerOptions(
        nats,
        postgres,
        lines,
        recorder,
        new Instance.Self(self.host(), self.process(), version, page));
  }
}
