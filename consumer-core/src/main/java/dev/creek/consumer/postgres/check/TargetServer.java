package dev.creek.consumer.postgres.check;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.postgres.session.RefusedReplicationRole;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A target server's description of itself and of our role there.
 *
 * @param free connections that are left for us
 * @param ahead how much its clock is ahead of ours
 */
record TargetServer(
    String version,
    long versionNumber,
    String tls,
    boolean local,
    boolean standby,
    boolean readOnly,
    boolean asynchronous,
    boolean unsynced,
    boolean replica,
    String role,
    String quotedRole,
    String database,
    boolean mayCreate,
    long free,
    Duration ahead,
    Duration roundTrip) {
  private static final String ABOUT = "target";
  private static final int OLDEST_TESTED = 130_000;

  /** From here on, a role can be granted to set a parameter. */
  private static final int PARAMETER_GRANTS = 150_000;

  private static final Duration CLOCKS_AGREE = Duration.ofSeconds(1);

  static final String SQL =
      """
      select current_setting('server_version') as version,
             current_setting('server_version_num')::int8 as number,
             coalesce(tls.version, 'no TLS') as tls,
             coalesce(host(inet_server_addr()) in ('127.0.0.1', '::1'), true) as local,
             pg_is_in_recovery() as standby,
             current_setting('default_transaction_read_only') = 'on' as read_only,
             current_setting('synchronous_commit') = 'off' as asynchronous,
             current_setting('fsync') = 'off' as unsynced,
             current_setting('session_replication_role') = 'replica' as replica,
             current_user::text as role,
             quote_ident(current_user) as quoted_role,
             quote_ident(current_database()) as database,
             has_database_privilege(current_database(), 'create') as may_create,
             least(
                 current_setting('max_connections')::int8
                     - current_setting('superuser_reserved_connections')::int8
                     - coalesce(current_setting('reserved_connections', true)::int8, 0)
                     - (select sum(numbackends) from pg_stat_database where datid <> 0)::int8,
                 case when d.datconnlimit >= 0 then d.datconnlimit::int8 end,
                 case when r.rolconnlimit >= 0 then r.rolconnlimit::int8 end) as free,
             (extract(epoch from clock_timestamp()) * 1000)::int8 as millis
      from pg_roles r
      join pg_database d on d.datname = current_database()
      left join pg_stat_ssl tls on tls.pid = pg_backend_pid()
      where r.rolname = current_user
      """;

  static TargetServer of(Readable row, Duration roundTrip) {
    return new TargetServer(
        text(row, "version"),
        number(row, "number"),
        text(row, "tls"),
        is(row, "local"),
        is(row, "standby"),
        is(row, "read_only"),
        is(row, "asynchronous"),
        is(row, "unsynced"),
        is(row, "replica"),
        text(row, "role"),
        text(row, "quoted_role"),
        text(row, "database"),
        is(row, "may_create"),
        number(row, "free"),
        Duration.ofMillis(number(row, "millis") - System.currentTimeMillis()),
        roundTrip);
  }

  List<Finding> findings(DatabaseOptions options) {
    var findings = new ArrayList<Finding>();
    findings.add(
        Finding.ok(
            ABOUT,
            "PostgreSQL %s at %s, %s, round trip %.1f ms"
                .formatted(version, options, tls, roundTrip.toNanos() / 1e6)));
    add(findings, versionNumber < OLDEST_TESTED, "PostgreSQL before 13 is not tested", "update it");
    add(
        findings,
        tls.equals("no TLS") && !local,
        "rows and passwords cross the network unencrypted",
        "add sslmode=verify-full to the URI");
    if (standby) {
      findings.add(
          Finding.problem(
              ABOUT, "is a standby, which cannot be written", "name the primary in --db-uri"));
    } else if (readOnly) {
      findings.add(
          Finding.problem(
              ABOUT,
              "transactions are read-only by default",
              "ALTER ROLE %s IN DATABASE %s SET default_transaction_read_only = off;"
                  .formatted(quotedRole, database)));
    }
    add(
        findings,
        unsynced,
        "fsync is off: after a crash of its machine the database may be damaged",
        "ALTER SYSTEM SET fsync = on;");
    if (asynchronous) {
      findings.add(
          Finding.ok(
              ABOUT,
              "synchronous_commit is off: a crash takes back the last moments, rows and position"
                  + " alike, and they are applied again"));
    }
    if (replica) {
      findings.add(
          Finding.ok(
              ABOUT,
              "session_replication_role is replica: foreign keys are not checked, and of triggers"
                  + " only those with ENABLE REPLICA or ENABLE ALWAYS fire"));
    }
    int needed = options.poolSize() + 1;
    add(
        findings,
        free < needed,
        "has %d free connections for us, and up to %d are needed".formatted(free, needed),
        "raise max_connections or the role's limit, or set --db-connections="
            + Math.max(1, free - 1));
    add(
        findings,
        ahead.abs().compareTo(CLOCKS_AGREE) > 0,
        "its clock is %.1f s %s ours"
            .formatted(ahead.abs().toMillis() / 1e3, ahead.isNegative() ? "behind" : "ahead of"),
        "synchronise both with NTP");
    return findings;
  }

  /** The error of a role that may not set {@code session_replication_role}, with its remedy. */
  DatabaseException replicationRole(Throwable refused) {
    return new DatabaseException(
        String.valueOf(refused.getMessage()),
        RefusedReplicationRole.SQL_STATE,
        null,
        versionNumber < PARAMETER_GRANTS
            ? "before PostgreSQL 15 only superusers may set it: leave out"
                + " --session-replication-role, or name a superuser in --db-uri"
            : RefusedReplicationRole.grant(quotedRole),
        refused);
  }

  private static void add(List<Finding> findings, boolean holds, String text, String fix) {
    if (holds) {
      findings.add(Finding.warning(ABOUT, text, fix));
    }
  }

  private static String text(Readable row, String name) {
    return Objects.requireNonNull(row.get(name, String.class));
  }

  private static long number(Readable row, String name) {
    return Objects.requireNonNull(row.get(name, Long.class));
  }

  private static boolean is(Readable row, String name) {
    return Boolean.TRUE.equals(row.get(name, Boolean.class));
  }
}
