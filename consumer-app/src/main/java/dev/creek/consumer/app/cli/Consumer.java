package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DefinitionDifference;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.api.SchemaCopy;
import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaPart;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.app.config.Configuration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The operations of the library's facade that the verbs use; tests replace it. */
public interface Consumer {

  /** Makes a consumer; it connects to a server when a verb first needs it. */
  interface Factory {
    Consumer create(Configuration configuration, MetricsRecorder recorder);
  }

  /**
   * Applies all active subscriptions until stopped or cancelled, waiting for servers that are away.
   * Errors only if waiting does not help.
   */
  Mono<Void> run();

  /** Finishes and commits what is in flight, gives up a snapshot; {@link #run()} then completes. */
  Mono<Void> stop(Duration grace);

  /**
   * Carries out a command: submits it to a running service, or carries it out itself if none runs.
   * {@link #stop} cancels it either way.
   *
   * @return ends with {@link CommandStep.Done}, or errors if it failed
   */
  Flux<CommandStep> carryOut(Command command);

  /**
   * Cancels a command and waits until it has ended.
   *
   * @return its outcome: cancelled, or another one that came first; errors if there is none with
   *     this id, or it had ended before
   */
  Mono<CommandRecord> cancel(long id);

  /** Snapshots of a table that the broker holds, oldest first. */
  Flux<PublishedSnapshot> snapshots(SourceTable source);

  /** Everything that the broker shows about a table's name. */
  Mono<SourceSighting> look(SourceTable source);

  /**
   * Applies a snapshot itself, even if changes since then are gone from the broker; a service hands
   * the table over meanwhile.
   */
  Flux<CommandStep> forceSnapshot(Command.ApplySnapshot command);

  /** All subscriptions, active or not, with their current states. */
  Flux<Subscription> subscriptions();

  /** Creates the control schema, or migrates it. */
  Mono<Void> initialize();

  /** Tells whether the servers can be used; the answer takes no longer than {@code limit}. */
  Mono<Reachability> reachability(Duration limit);

  /** Completes when every working thread has run a task. */
  Mono<Void> threadsResponsive();

  /** The current use of the database connections. */
  PoolUse poolUse();

  /** Instances that work on the target now. */
  Flux<Instance> instances();

  /** True while a service runs, or ran a moment ago and may come back. */
  Mono<Boolean> mayBeServed();

  /** Commands that have not ended, and the newest of those that have, newest first. */
  Flux<CommandRecord> commands(int ended);

  /**
   * Creates what the targets lack of these parts of the sources' definitions, and tells what became
   * of each.
   */
  Flux<SchemaCopy> copyDefinitions(
      List<Mapping> mappings, DatabaseOptions source, Set<SchemaPart> parts);

  /** The same with all parts, after differences of the tables have been ended. */
  Flux<SchemaCopy> copyDefinitions(
      Map<Mapping, List<SchemaDifference>> ended, DatabaseOptions source);

  /**
   * Parts of the sources' definitions that the targets lack.
   *
   * @param planned tables of one source database, each with differences that are ended before
   */
  Flux<DefinitionDifference> definitionDifferences(
      Map<Mapping, List<SchemaDifference>> planned, DatabaseOptions source);

  /** Differences between a target and the newest schema that its producer has published. */
  Flux<SchemaDifference> differences(Mapping mapping);

  /** Ends differences by their statements. */
  Mono<Void> end(Mapping mapping, List<SchemaDifference> differences);

  /** Sets a table's policy for changes of its schema; false if it is not subscribed. */
  Mono<Boolean> setSchemaChanges(TargetTable target, @Nullable SchemaPolicy policy);

  /**
   * The same for a table that is to be subscribed, before that; errors if its target is missing.
   */
  Mono<Void> setSchemaChanges(Mapping mapping, SchemaPolicy policy);

  /** Compares a table of the source database with its target. */
  Mono<Verification> verify(Mapping mapping, DatabaseOptions source, Verification.Options how);

  /** Compares them, and writes rows that differ anew from the source. */
  Mono<Verification> repair(Mapping mapping, DatabaseOptions source, Verification.Options how);

  /** Compares a table with a fresh snapshot of its source; {@link #stop} ends it in order. */
  Mono<Verification> verify(Mapping mapping, Verification.Options how);

  /**
   * Checks everything that a run will need, and changes nothing.
   *
   * @param mappings tables to check; empty: all active subscriptions
   * @param source the source database; null: not checked
   */
  Flux<Finding> check(List<Mapping> mappings, @Nullable DatabaseOptions source);

  /**
   * The age of the oldest change that is not applied yet; empty if it cannot be determined. Queries
   * the broker.
   */
  Mono<Duration> lag(Subscription subscription);

  /** Releases everything; never errors. */
  Mono<Void> close();
}
