package dev.creek.consumer;

import dev.creek.consumer.jetstream.JetStreamOptions;
import dev.creek.consumer.metrics.Recorder;
import dev.creek.consumer.postgres.PostgresOptions;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.LineOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Everything a {@link CreekConsumer} needs. Immutable.
 *
 * @param nats the broker that the producer publishes to
 * @param postgres the target database
 * @param lines how tables are applied
 * @param recorder receives what is counted
 */
public record ConsumerOptions(
    JetStreamOptions nats, PostgresOptions postgres, LineOptions lines, Recorder recorder) {

  /** Defaults for these two servers. */
  public static ConsumerOptions of(JetStreamOptions nats, PostgresOptions postgres) {
    return new ConsumerOptions(nats, postgres, LineOptions.DEFAULT, Recorder.NONE);
  }

  /** With other bounds of a batch. */
  public ConsumerOptions withBatches(BatchLimits limits) {
    return new ConsumerOptions(
        nats,
        postgres,
        new LineOptions(limits, lines.linger(), lines.overlap(), lines.maxMessageBytes()),
        recorder);
  }

  /** With a fixed linger (0: none), or null to adapt. */
  public ConsumerOptions withLinger(@Nullable Duration linger) {
    return new ConsumerOptions(
        nats,
        postgres,
        new LineOptions(lines.limits(), linger, lines.overlap(), lines.maxMessageBytes()),
        recorder);
  }

  /** With a recorder. */
  public ConsumerOptions withRecorder(Recorder recorder) {
    return new ConsumerOptions(nats, postgres, lines, recorder);
  }
}
