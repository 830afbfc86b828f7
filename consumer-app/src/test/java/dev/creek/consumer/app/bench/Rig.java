package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.PostgresServer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The servers that all contenders share: source, broker and target, all on disk and with fsync, in
 * processes of their own; and the service, installed. Closing it ends and removes them.
 */
final class Rig implements AutoCloseable {
  private final Deque<AutoCloseable> running = new ArrayDeque<>();
  private final BenchOptions options;
  private final PostgresServer source;
  private final PostgresServer target;
  private final NatsServer nats;
  private final Installation installation;

  Rig(BenchOptions options) {
    this.options = options;
    try {
      source = keep(postgres(options).setting("track_commit_timestamp", "on").start());
      target = keep(postgres(options).setting("wal_level", "replica").start());
      nats = keep(broker(options.store()).start());
      installation = keep(Installation.make());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** As one would run it on a machine of this size, and without checkpoints in the middle. */
  private static PostgresServer.Builder postgres(BenchOptions options) {
    return PostgresServer.builder()
        .version(options.postgres())
        .fsync(true)
        .setting("shared_buffers", "1GB")
        .setting("max_wal_size", "8GB")
        .setting("checkpoint_timeout", "1h")
        .setting("max_replication_slots", "20")
        .setting("max_wal_senders", "20");
  }

  private static NatsServer.Builder broker(@org.jspecify.annotations.Nullable Path store) {
    NatsServer.Builder builder = NatsServer.builder().onDisk();
    return store == null ? builder : builder.storeDir(store);
  }

  private <T extends AutoCloseable> T keep(T started) {
    running.push(started);
    return started;
  }

  BenchOptions options() {
    return options;
  }

  PostgresServer source() {
    return source;
  }

  PostgresServer target() {
    return target;
  }

  NatsServer nats() {
    return nats;
  }

  /** Where the service is. */
  Path installation() {
    return installation.folder();
  }

  /** The processor time that the servers have used so far. */
  ServerTimes times() {
    return new ServerTimes(
        ProcessTree.cpuSeconds(target.pid()),
        ProcessTree.cpuSeconds(source.pid()),
        ProcessTree.cpuSeconds(nats.pid()));
  }

  @Override
  public void close() {
    while (!running.isEmpty()) {
      try {
        running.pop().close();
      } catch (Exception e) {
        // The watchdog ends it.
      }
    }
  }
}
