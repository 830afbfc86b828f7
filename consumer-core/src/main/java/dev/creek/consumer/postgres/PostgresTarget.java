package dev.creek.consumer.postgres;

import dev.creek.consumer.control.CommandLog;
import dev.creek.consumer.stream.SchemaCache;
import dev.creek.consumer.stream.Subscriptions;
import dev.creek.consumer.stream.TargetTables;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
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
  private final SchemaCache schemaCache;
  private final CommandLog commands;

  private PostgresTarget(PostgresOptions options) {
    this.sessions = new Sessions(options);
    this.subscriptions = new SubscriptionTable(sessions, options, owner());
    this.tables = new PostgresTables(sessions, subscriptions);
    this.schemaCache = new SchemaTexts(sessions, options.controlSchema());
    this.commands = new CommandTable(sessions, options.controlSchema(), ownerOfLeases());
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

  /**
   * The SQL that makes the control schema, or brings it up to date, as one transaction: for an
   * administrator to run in advance, after which the service needs no right to create. Reads
   * resources: may block for a moment.
   *
   * @param controlRole is granted the functions; null for nobody
   * @param serviceRole is granted what the service needs in the control schema; null for nobody
   */
  public static String controlSql(
      String controlSchema, @Nullable String controlRole, @Nullable String serviceRole) {
    return new ControlScripts(controlSchema).all(controlRole, serviceRole);
  }

  /** What is subscribed. {@link Subscriptions#migrate} comes before everything else. */
  public Subscriptions subscriptions() {
    return subscriptions;
  }

  /** The tables to write. */
  public TargetTables tables() {
    return tables;
  }

  /** Schemas kept in the control schema. */
  public SchemaCache schemaCache() {
    return schemaCache;
  }

  /** Commands kept in the control schema. */
  public CommandLog commands() {
    return commands;
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

  /** A container that was restarted has host and process of the one before it. */
  private static String ownerOfLeases() {
    return owner() + "/" + Integer.toHexString(ThreadLocalRandom.current().nextInt());
  }
}
