package dev.creek.consumer.source;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.MemoryLog;
import dev.creek.consumer.testing.NoSnapshotLog;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Mono;

/** A source over a broker in memory, which is filled before it is read. */
final class MemorySource implements AutoCloseable {
  /** Nothing ends a transaction but what follows it. */
  static final Duration FOR_EVER = Duration.ofDays(1);

  private final MemoryLog log;
  private final CreekSource source;

  MemorySource(UnaryOperator<SourceOptions.Builder> settings) {
    this(new MemoryLog(7, () -> {}), settings);
  }

  MemorySource(MemoryLog log, UnaryOperator<SourceOptions.Builder> settings) {
    this.log = log;
    this.source =
        CreekSource.of(
            settings.apply(SourceOptions.builder("nats://nowhere.invalid")).build(),
            log,
            new NoSnapshotLog(),
            Mono.empty(),
            () -> true);
  }

  CreekSource source() {
    return source;
  }

  /** Publishes the schemas of tables. */
  MemorySource schemas(TableWire... wires) {
    for (TableWire wire : wires) {
      log.publish(wire.source(), wire.fingerprint(), wire.schemaText());
    }
    return this;
  }

  /** Stores a message; the sequence of its last packet. */
  long append(TableWire wire, WalBytes message) {
    return append(wire.source(), message.packets());
  }

  long append(SourceTable table, List<byte[]> packets) {
    return log.append(table, packets);
  }

  @Override
  public void close() {
    source.closeLater().block(Patience.LIMIT);
  }
}
