package dev.creek.consumer.postgres;

import dev.creek.consumer.stream.SchemaCache;
import dev.creek.consumer.stream.SnapshotTables;
import dev.creek.consumer.stream.Subscriptions;
import dev.creek.consumer.stream.TargetTables;
import java.net.InetAddress;
import java.net.UnknownHostException;
import reactor.core.publisher.Mono;

/**
 * A target database: its tables, and the control schema that keeps what is subscribed. Connections
 * are made when they are needed, so an unreachable server shows with the first use and not here.
 * Thread-safe; close it.
 */
public final class PostgresTarget {
  private final Sessions sessions;
  private final SubscriptionTable subscriptions;
  private final TargetTables tables;
  private final SnapshotTables snapshots;
  private final SchemaCache schemaCache;

  private PostgresTarget(PostgresOptions options) {
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
