package dev.creek.consumer.postgres.session;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DatabaseOptions.Pooler;
import dev.creek.consumer.api.DatabaseOptions.ReplicationRole;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

/**
 * The settings of each session, sent once in its start-up packet: no round trip, and a pooled
 * connection cannot lose them. A pooler does not accept such a packet. Then a statement after it
 * sends the settings, or each transaction does.
 */
final class SessionSettings {
  /** Sent by the driver itself. */
  private static final List<String> BY_DRIVER = List.of("timezone", "datestyle", "client_encoding");

  /** Sent by the driver in the packet, where a pooler drops or forgets some of it. */
  private static final Map<String, String> DRIVERS =
      Map.of("timezone", "UTC", "datestyle", "ISO", "extra_float_digits", "2");

  /** Settings for the connections of a pooler's server processes, which belong to the pooler. */
  private static final String POOLERS = "tcp_keepalives_";

  private final Map<String, String> settings;
  private final Pooler pooler;

  private SessionSettings(Map<String, String> settings, Pooler pooler) {
    this.settings = settings;
    this.pooler = pooler;
  }

  static SessionSettings of(DatabaseOptions options) {
    Map<String, String> settings =
        startup(options.address().settings(), options.statementTimeout(), options.lockTimeout());
    if (options.replicationRole() == ReplicationRole.REPLICA) {
      settings.put(RefusedReplicationRole.SETTING, "replica");
    }
    return new SessionSettings(settings, options.pooler());
  }

  /** The start-up parameters, besides those that the driver sends itself. */
  Map<String, String> startup() {
    return settings;
  }

  /**
   * Completes when a new session has its settings, or will have them in each transaction.
   *
   * @return errors with {@link PoolerException} if they were sent and are not in effect
   */
  Mono<Void> begin(PostgresqlConnection connection) {
    return switch (pooler) {
      case NONE -> requireKept(connection);
      case SESSION -> described(connection);
      case TRANSACTION -> Mono.empty();
    };
  }

  private Mono<Void> requireKept(PostgresqlConnection connection) {
    String kept =
        "select "
            + Stream.of("search_path", "row_security", RefusedReplicationRole.SETTING)
                .filter(settings::containsKey)
                .map(
                    name ->
                        "pg_catalog.current_setting('%s') = %s"
                            .formatted(name, SqlNames.literal(settings.getOrDefault(name, ""))))
                .collect(Collectors.joining(" and "));
    return connection
        .createStatement(kept)
        .execute()
        .concatMap(result -> result.map(row -> Boolean.TRUE.equals(row.get(0, Boolean.class))))
        .single()
        .flatMap(all -> all ? Mono.empty() : Mono.error(PoolerErrors.settingsDropped()));
  }

  private Mono<Void> described(PostgresqlConnection connection) {
    return connection
        .createStatement(statement(false))
        .execute()
        .concatMap(PostgresqlResult::getRowsUpdated)
        .then();
  }

  /** Begins a transaction that has them, if sessions keep nothing beyond it. */
  String beginTransaction() {
    // The setting for isolation applies only to later transactions.
    return "begin isolation level read committed; " + statement(true);
  }

  /** Not SET, which takes a search path for the name of one schema. */
  private String statement(boolean local) {
    var all = new TreeMap<>(settings);
    all.keySet().removeIf(name -> name.startsWith(POOLERS));
    all.putAll(DRIVERS);
    return all.entrySet().stream()
        .map(
            setting ->
                "pg_catalog.set_config(%s, %s, %s)"
                    .formatted(
                        SqlNames.literal(setting.getKey()),
                        SqlNames.literal(setting.getValue()),
                        local))
        .collect(Collectors.joining(", ", "select ", ""));
  }

  /** The start-up parameters of a connection, besides those that the driver sends itself. */
  static Map<String, String> startup(
      Map<String, String> given, Duration statementTimeout, Duration lockTimeout) {
    var settings = new LinkedHashMap<String, String>();
    settings.put("search_path", "pg_catalog");
    settings.put("statement_timeout", Long.toString(statementTimeout.toMillis()));
    settings.put("lock_timeout", Long.toString(lockTimeout.toMillis()));
    // The statements differ only in the length of their arrays. Planned once, and by key: a plan
    // that scans or hashes a small target is wrong when the target has grown.
    settings.put("plan_cache_mode", "force_generic_plan");
    settings.put("enable_seqscan", "off");
    settings.put("enable_hashjoin", "off");
    settings.put("enable_mergejoin", "off");
    settings.put("jit", "off");
    // Locks of a client that disappears silently are free again after a minute, not two hours.
    settings.put("tcp_keepalives_idle", "30");
    settings.put("tcp_keepalives_interval", "10");
    settings.put("tcp_keepalives_count", "3");
    given.forEach((name, value) -> settings.put(name.toLowerCase(Locale.ROOT), value));
    DatabaseOptions.FIXED_SETTINGS.forEach(
        (name, value) -> {
          if (!BY_DRIVER.contains(name)) {
            settings.put(name, value);
          }
        });
    return settings;
  }
}
