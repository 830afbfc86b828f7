package dev.creek.consumer.postgres;

import dev.creek.consumer.control.Finding;
import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.Verification;
import dev.creek.consumer.row.ShapeMismatchException;
import dev.creek.consumer.stream.ApplyException;
import dev.creek.consumer.stream.SchemaCache;
import dev.creek.consumer.stream.SnapshotTables;
import dev.creek.consumer.stream.Subscription;
import dev.creek.consumer.stream.Subscriptions;
import dev.creek.consumer.stream.TargetTables;
import dev.creek.consumer.wire.WalSchema;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpResources;

/**
 * A target database: its tables, and the control schema that keeps what is subscribed. Connections
 * are made when they are needed, so an unreachable server shows with the first use and not here.
 * Thread-safe; close it.
 */
public final class PostgresTarget {
  private static final int ALL_LOOPS = Integer.MAX_VALUE;

  private final PostgresOptions options;
  private final Sessions sessions;
  private final SubscriptionTable subscriptions;
  private final TargetTables tables;
  private final SnapshotTables snapshots;
  private final SchemaCache schemaCache;

  private PostgresTarget(PostgresOptions options) {
    this.options = options;
    this.sessions = new Sessions(options);
    this.subscriptions = new SubscriptionTable(sessions, options, owner());
    this.tables = new PostgresTables(sessions, subscriptions);
    this.snapshots = new PostgresSnapshots(sessions, subscriptions);
    this.schemaCache = new SchemaTexts(sessions, options.controlSchema());
  }

  /**
   * A pool of connections, none of them open yet. Reads certificates and resources: may block for a
   * moment.
   *
   * @throws IllegalArgumentException where a certificate or key cannot be read
   */
  public static PostgresTarget connect(PostgresOptions options) {
    return new PostgresTarget(options);
  }

  /** What is subscribed. {@link Subscriptions#migrate} comes before everything else. */
  public Subscriptions subscriptions() {
    return subscriptions;
  }

  /** The tables to write. */
  public TargetTables tables() {
    return tables;
  }

  /** The same tables, as snapshots fill them. */
  public SnapshotTables snapshots() {
    return snapshots;
  }

  /** Schemas kept in the control schema. */
  public SchemaCache schemaCache() {
    return schemaCache;
  }

  /**
   * Completes where the server answers and the control schema fits. Where all connections are busy
   * it is enough that the one that listens answers: writers that keep a server busy do not make it
   * unreachable.
   *
   * @return errors with {@link ApplyException}
   */
  public Mono<Void> check() {
    return Mono.defer(
        () ->
            poolUse().isExhausted() && subscriptions.isListening()
                ? Mono.empty()
                : subscriptions.check());
  }

  /**
   * Looks at server and control schema, and changes nothing.
   *
   * @return errors with {@link ApplyException} where the server cannot be reached or does not let
   *     us in
   */
  public Flux<Finding> findings() {
    return new TargetCheck(sessions, options, subscriptions.migrator()).findings();
  }

  /**
   * Looks at a target table, and changes nothing.
   *
   * @param schema the source's newest schema, to see whether it fits; null where it is not known
   * @return errors with {@link ApplyException}
   */
  public Flux<Finding> findings(Mapping mapping, @Nullable WalSchema schema) {
    return TableCheck.findings(sessions, mapping, schema);
  }

  /** What is subscribed, also in a control schema that is older: nothing is migrated. */
  public Flux<Subscription> subscriptionsAsTheyAre() {
    return subscriptions.asTheyAre();
  }

  /** How the pool is used now. */
  public PoolUse poolUse() {
    return sessions.poolUse();
  }

  /** Completes when every thread that talks to the database has taken up a task. */
  public Mono<Void> answers() {
    return Flux.fromIterable(TcpResources.get().onClient(LoopResources.DEFAULT_NATIVE))
        .flatMap(loop -> Mono.<Void>create(done -> loop.execute(done::success)), ALL_LOOPS, 1)
        .then();
  }

  /**
   * Compares a table of another database with its target here; both may be in use meanwhile.
   *
   * @param source the database that the mapping's source table is in
   * @return errors with {@link dev.creek.consumer.row.ShapeMismatchException} where a table is
   *     missing, or where rows without a key are to be repaired; with {@link
   *     dev.creek.consumer.stream.ApplyException} where a server refuses
   */
  public Mono<Verification> verify(
      Mapping mapping, PostgresOptions source, Verification.Options how) {
    return Mono.usingWhen(
        Mono.fromSupplier(
            () -> new Scans(new Sessions(source.forScans()), new Sessions(options.forScans()))),
        scans -> verify(mapping, scans, how),
        Scans::close);
  }

  private Mono<Verification> verify(Mapping mapping, Scans scans, Verification.Options how) {
    return ComparedTables.of(mapping, scans.source(), scans.target())
        .flatMap(
            tables ->
                new TableVerifier(
                        mapping, tables, how, how.repair() ? repair(mapping, scans, tables) : null)
                    .verify());
  }

  private RowRepair repair(Mapping mapping, Scans scans, ComparedTables tables) {
    if (tables.key() == null) {
      throw new ShapeMismatchException(
          mapping.target() + " has no key by which single rows could be repaired",
          "take a clean snapshot of " + mapping);
    }
    return new RowRepair(
        scans.source(),
        scans.target(),
        subscriptions.sqlName(),
        mapping.target().toString(),
        SqlNames.quoted(mapping.source().namespace(), mapping.source().table()),
        tables);
  }

  private record Scans(Sessions source, Sessions target) {
    Mono<Void> close() {
      return source.close().then(target.close());
    }
  }

  /**
   * Closes connections: idle ones now, others when they are given back. Close writers first: what
   * one has open stays open until then.
   */
  public Mono<Void> close() {
    return sessions.close();
  }

  /** For people who look at {@code subscriptions}: host and process. */
  private static String owner() {
    String process = Long.toString(ProcessHandle.current().pid());
    try {
      return InetAddress.getLocalHost().getHostName() + ":" + process;
    } catch (UnknownHostException e) {
      return process;
    }
  }
}
