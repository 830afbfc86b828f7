package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.app.config.Configuration;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the verbs need of the library's facade; in tests a fake stands here. */
public interface Consumer {

  /** Makes a consumer; it connects to a server when a verb first needs it. */
  interface Factory {
    Consumer create(Configuration configuration, MetricsRecorder recorder);
  }

  /**
   * Applies all active subscriptions until stopped or cancelled, waiting for servers that are away.
   * Errors only where waiting is no help.
   */
  Mono<Void> run();

  /** Finishes and commits what is in flight, gives up a snapshot; {@link #run()} then completes. */
  Mono<Void> stop(Duration grace);

  /**
   * Carries out a command: gives it to a service that runs, and does it itself where none does.
   * {@link #stop} cancels it either way.
   *
   * @return ends with {@link CommandStep.Done}, or errors with what kept it from being done
   */
  Flux<CommandStep> carryOut(Command command);

  /**
   * Cancels a command and waits until it has ended.
   *
   * @return how it ended: cancelled, or otherwise where that came first; errors where there is none
   *     of this id, or it had ended before
   */
  Mono<CommandRecord> cancel(long id);

  /** Snapshots of a table that the broker holds, oldest first. */
  Flux<PublishedSnapshot> snapshots(SourceTable source);

  /** All that the broker tells of a table's name. */
  Mono<SourceSighting> look(SourceTable source);

  /**
   * Applies a snapshot itself, also where changes since then are gone from the broker; a service
   * hands the table over for that long.
   */
  Flux<CommandStep> forceSnapshot(Command.ApplySnapshot command);

  /** All subscriptions, active or not, with their states as they are now. */
  Flux<Subscription> subscriptions();

  /** Creates the control schema, or brings it up to date. */
  Mono<Void> initialize();

  /** Whether the servers can be worked with; the answer takes no longer than {@code limit}. */
  Mono<Reachability> reachability(Duration limit);

  /** Completes when every thread that work is done on has taken up a task. */
  Mono<Void> threadsResponsive();

  /** How the database connections are used now. */
  PoolUse poolUse();

  /** Instances that are connected to the target now, to work on it. */
  Flux<Instance> instances();

  /** True while a service is there, or was a moment ago and may be again. */
  Mono<Boolean> mayBeServed();

  /** Commands that have not ended, and the newest of those that have, newest first. */
  Flux<CommandRecord> commands(int ended);

  /** Compares a table of the source database with its target. */
  Mono<Verification> verify(Mapping mapping, DatabaseOptions source, Verification.Options how);

  /** Compares them, and writes rows that differ anew from the source. */
  Mono<Verification> repair(Mapping mapping, DatabaseOptions source, Verification.Options how);

  /** Compares a table with a fresh snapshot of its source; {@link #stop} ends it in order. */
  Mono<Verification> verify(Mapping mapping, Verification.Options how);

  /**
   * Looks at what a run will need, and changes nothing.
   *
   * @param mappings what to look at; empty: all active subscriptions
   * @param source the source database; null: not asked
   */
  Flux<Finding> check(List<Mapping> mappings, @Nullable DatabaseOptions source);

  /**
   * The age of the oldest change that is not applied yet; empty where it cannot be told. Asks the
   * broker.
   */
  Mono<Duration> lag(Subscription subscription);

  /** Gives everything back; never errors. */
  Mono<Void> close();
}
