package dev.creek.consumer.source;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.ByteShares;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.SchemaCache;
import dev.creek.consumer.stream.Schemas;
import dev.creek.consumer.stream.SnapshotLog;
import dev.creek.consumer.wire.Fingerprint;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * What subscriptions of one source share.
 *
 * @param batchBytes bytes that all batches being gathered may hold
 */
record SourcePorts(
    SourceOptions options,
    ChangeLog changes,
    SnapshotLog snapshots,
    Schemas schemas,
    Scheduler scheduler,
    ByteShares batchBytes) {
  private static final Logger log = LoggerFactory.getLogger(SourcePorts.class);

  /** Schemas are in memory as long as the source is. */
  private static final SchemaCache NO_CACHE =
      new SchemaCache() {
        @Override
        public Mono<List<String>> find(SourceTable source, Fingerprint fingerprint) {
          return Mono.just(List.of());
        }

        @Override
        public Mono<Void> put(SourceTable source, Fingerprint fingerprint, String text) {
          return Mono.empty();
        }
      };

  static SourcePorts of(
      SourceOptions options, ChangeLog changes, SnapshotLog snapshots, Scheduler scheduler) {
    return new SourcePorts(
        options,
        changes,
        snapshots,
        new Schemas(NO_CACHE, changes),
        scheduler,
        ByteShares.of(options.pipelines().limits().bytes()));
  }

  /** The program's listener, for the reader of a database. */
  ReadListener listener(String database) {
    AtomicBoolean failed = new AtomicBoolean();
    return new ReadListener() {
      @Override
      public void began(long pending) {
        guarded(() -> options.listener().reading(database, pending), failed);
      }

      @Override
      public void interrupted(String reason, @Nullable String hint) {
        guarded(() -> options.listener().interrupted(database, reason, hint), failed);
      }
    };
  }

  private static void guarded(Runnable call, AtomicBoolean failed) {
    try {
      call.run();
    } catch (RuntimeException e) {
      if (!failed.getAndSet(true)) {
        log.warn("a listener failed; further failures are not logged", e);
      }
    }
  }
}
