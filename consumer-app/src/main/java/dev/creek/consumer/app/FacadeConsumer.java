package dev.creek.consumer.app;

import dev.creek.consumer.ConsumerOptions;
import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.Tables;
import dev.creek.consumer.api.BrokerOptions;
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
import dev.creek.consumer.app.cli.CommandStep;
import dev.creek.consumer.app.cli.Consumer;
import dev.creek.consumer.app.cli.Version;
import dev.creek.consumer.app.config.Configuration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The library's facade behind the command line's interface. */
final class FacadeConsumer implements Consumer {
  private static final String NEVER_ASKED = "nats://127.0.0.1:4222";

  private final CreekConsumer facade;
  private final RunningService service;
  private final OwnWork own;

  private FacadeConsumer(CreekConsumer facade) {
    this.facade = facade;
    this.service = new RunningService(facade, RunningService.PATIENCE);
    this.own = new OwnWork(facade);
  }

  static Consumer create(Configuration configuration, MetricsRecorder recorder) {
    BrokerOptions broker = configuration.broker();
    var batches = configuration.batches();
    var snapshots = configuration.snapshots();
    var self = Instance.Self.of(Version.number(), null);
    String page = PageAddress.of(configuration.monitoring(), self.host());
    // A verb that needs no broker never makes the facade connect to one.
    var options =
        ConsumerOptions.builder(
                broker == null ? BrokerOptions.builder(NEVER_ASKED).build() : broker,
                configuration.target())
            .batches(batches.rows(), batches.bytes())
            .linger(configuration.linger())
            .grouping(configuration.grouping())
            .maxMessageBytes(configuration.maxMessageBytes())
            .snapshotsAtOnce(snapshots.atOnce())
            .snapshotStall(snapshots.stall())
            .recorder(recorder)
            .self(new Instance.Self(self.host(), self.process(), self.version(), page));
    Duration producerWait = snapshots.producerWait();
    if (producerWait != null) {
      options.producerWait(producerWait);
    }
    return new FacadeConsumer(CreekConsumer.create(options.build()));
  }

  @Override
  public Mono<Void> run() {
    // The library logs events, and its recorder counts them.
    return facade.runQuietly();
  }

  @Override
  public Mono<Void> stop(Duration grace) {
    return Mono.when(facade.stop(grace), service.cancelAll(grace));
  }

  @Override
  public Flux<CommandStep> carryOut(Command command) {
    Flux<CommandStep> done = service.carryOut(command, Flux.defer(() -> own.carryOut(command)));
    if (command instanceof Command.AddTableFrom add) {
      return facade.tables().requireTarget(add.mapping()).thenMany(done);
    }
    return command instanceof Command.AddTable add
        ? facade.tables().requireTarget(add.mapping()).thenMany(done)
        : done;
  }

  @Override
  public Mono<CommandRecord> cancel(long id) {
    return service.cancel(id);
  }

  @Override
  public Flux<CommandStep> forceSnapshot(Command.ApplySnapshot command) {
    return own.forceSnapshot(command);
  }

  @Override
  public Flux<PublishedSnapshot> snapshots(SourceTable source) {
    return facade.snapshots().published(source);
  }

  @Override
  public Mono<SourceSighting> look(SourceTable source) {
    return facade.tables().look(source);
  }

  @Override
  public Flux<Subscription> subscriptions() {
    return facade.tables().subscriptions();
  }

  @Override
  public Flux<SchemaCopy> copyDefinitions(
      List<Mapping> mappings, DatabaseOptions source, Set<SchemaPart> parts) {
    return facade.tables().copyDefinitions(mappings, source, parts);
  }

  @Override
  public Flux<SchemaCopy> copyDefinitions(
      Map<Mapping, List<SchemaDifference>> ended, DatabaseOptions source) {
    return facade.tables().copyDefinitions(ended, source);
  }

  @Override
  public Flux<DefinitionDifference> definitionDifferences(
      Map<Mapping, List<SchemaDifference>> planned, DatabaseOptions source) {
    return facade.tables().definitionDifferences(planned, source);
  }

  @Override
  public Flux<SchemaDifference> differences(Mapping mapping) {
    return facade.tables().differences(mapping);
  }

  @Override
  public Mono<Void> end(Mapping mapping, List<SchemaDifference> differences) {
    return facade.tables().end(mapping, differences);
  }

  @Override
  public Mono<Boolean> setSchemaChanges(TargetTable target, @Nullable SchemaPolicy policy) {
    return facade.tables().setSchemaChanges(target, policy);
  }

  @Override
  public Mono<Void> setSchemaChanges(Mapping mapping, SchemaPolicy policy) {
    Tables tables = facade.tables();
    return tables
        .requireTarget(mapping)
        .then(Mono.defer(() -> tables.setSchemaChanges(mapping, policy)));
  }

  @Override
  public Mono<Verification> verify(
      Mapping mapping, DatabaseOptions source, Verification.Options how) {
    return facade.comparisons().verify(mapping, source, how);
  }

  @Override
  public Mono<Verification> repair(
      Mapping mapping, DatabaseOptions source, Verification.Options how) {
    return facade.comparisons().repair(mapping, source, how);
  }

  @Override
  public Mono<Verification> verify(Mapping mapping, Verification.Options how) {
    return facade.comparisons().verify(mapping, how);
  }

  @Override
  public Mono<Reachability> reachability(Duration limit) {
    return facade.health().reachability(limit);
  }

  @Override
  public Mono<Void> threadsResponsive() {
    return facade.health().threadsResponsive();
  }

  @Override
  public PoolUse poolUse() {
    return facade.health().pool();
  }

  @Override
  public Mono<Void> initialize() {
    return facade.initialize();
  }

  @Override
  public Flux<Instance> instances() {
    return facade.health().instances();
  }

  @Override
  public Mono<Boolean> mayBeServed() {
    return facade.health().mayBeServed();
  }

  @Override
  public Flux<CommandRecord> commands(int ended) {
    return facade.commands().newest(ended);
  }

  @Override
  public Flux<Finding> check(List<Mapping> mappings, @Nullable DatabaseOptions source) {
    return facade.check(mappings, source);
  }

  @Override
  public Mono<Duration> lag(Subscription subscription) {
    return facade.tables().lag(subscription);
  }

  @Override
  public Mono<Void> close() {
    return facade.closeLater();
  }
}
