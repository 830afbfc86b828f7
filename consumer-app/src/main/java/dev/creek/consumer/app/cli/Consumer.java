package dev.creek.consumer.app.cli;

import dev.creek.consumer.Reachability;
import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.control.CommandRecord;
import dev.creek.consumer.control.Finding;
import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.SnapshotMode;
import dev.creek.consumer.control.SnapshotProgress;
import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.control.Verification;
import dev.creek.consumer.metrics.Recorder;
import dev.creek.consumer.postgres.PoolUse;
import dev.creek.consumer.postgres.PostgresOptions;
import dev.creek.consumer.stream.Instance;
import dev.creek.consumer.stream.SnapshotLog.PublishedSnapshot;
import dev.creek.consumer.stream.Subscription;
import dev.creek.consumer.wire.SourceTable;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the verbs need of the library's facade; in tests a fake stands here. */
public interface Consumer {

  /** Makes a consumer; it connects to a server when a verb first needs it. */
  interface Factory {
    Consumer create(Configuration configuration, Recorder recorder);
  }

  /**
   * Applies all active subscriptions until stopped or cancelled, waiting for servers that are away.
   * Errors only where waiting is no help.
   */
  Mono<Void> run();

  /** Finishes and commits what is in flight; {@link #run()} then completes. */
  Mono<Void> stop(Duration grace);

  /** Subscribes. */
  Mono<Subscription> addTable(Mapping mapping);

  /** Unsubscribes; false where there was no such subscription. */
  Mono<Boolean> removeTable(TargetTable target);

  /** Creates the target table; false where it existed and fits. */
  Mono<Boolean> createTable(Mapping mapping);

  /** Snapshots of a table that the broker holds, oldest first. */
  Flux<PublishedSnapshot> snapshots(SourceTable source);

  /** Requests a snapshot and applies it; cancelling or {@link #stop} gives it up. */
  Flux<SnapshotProgress> snapshot(Mapping mapping, SnapshotMode mode);

  /** Applies a snapshot by its name. */
  Flux<SnapshotProgress> applySnapshot(
      String subject, Mapping mapping, SnapshotMode mode, boolean force);

  /** All subscriptions, active or not. */
  Flux<Subscription> subscriptions();

  /** Creates the control schema, or brings it up to date. */
  Mono<Void> initialize();

  /** Whether the servers can be worked with; the answer takes no longer than {@code limit}. */
  Mono<Reachability> reachability(Duration limit);

  /** Completes when every thread that work is done on has taken up a task. */
  Mono<Void> answers();

  /** How the database connections are used now. */
  PoolUse poolUse();

  /** Who is at work on the target now. */
  Flux<Instance> instances();

  /** The newest commands, newest first. */
  Flux<CommandRecord> commands(int newest);

  /** Compares a table of the source database with its target. */
  Mono<Verification> verify(Mapping mapping, PostgresOptions source, Verification.Options how);

  /** Compares a table with a fresh snapshot of its source; {@link #stop} ends it in order. */
  Mono<Verification> verify(Mapping mapping, Verification.Options how);

  /**
   * Looks at what a run will need, and changes nothing.
   *
   * @param mappings what to look at; empty: all active subscriptions
   * @param source the source database; null: not asked
   */
  Flux<Finding> check(List<Mapping> mappings, @Nullable PostgresOptions source);

  /**
   * The age of the oldest change that is not applied yet; empty where it cannot be told. Asks the
   * broker.
   */
  Mono<Duration> lag(Subscription subscription);

  /** Gives everything back; never errors. */
  Mono<Void> close();
}
