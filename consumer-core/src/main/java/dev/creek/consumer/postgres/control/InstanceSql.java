package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.session.Binding;
import dev.creek.consumer.postgres.session.SqlNames;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The statements about {@code instances}. All times are the database's: clocks of hosts differ. */
public final class InstanceSql {
  static final String CHANNEL = "creek_instances";

  /**
   * An instance without a heartbeat for this long is dead to the others: stalled, or its host is
   * gone. A process that ended is dead as soon as the server has seen the end of its session, which
   * is at once.
   */
  static final Duration DEAD_AFTER = Instance.LATE_AFTER;

  /** Far longer than any pause. */
  private static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(10);

  private final String id;
  private final Instance.Self self;
  private final Grouping grouping;
  private final String instances;
  private final String presence;
  private final String subscriptions;
  private final boolean ownSessions;

  /**
   * @param id this process
   * @param grouping the tables that it applies together
   * @param ownSessions whether a connection keeps its server process, which it does not behind a
   *     pooler in transaction mode
   */
  public InstanceSql(
      String controlSchema, String id, Instance.Self self, Grouping grouping, boolean ownSessions) {
    this.id = id;
    this.self = self;
    this.grouping = grouping;
    this.instances = SqlNames.quoted(controlSchema, "instances");
    this.presence = SqlNames.quoted(controlSchema, "presence");
    this.subscriptions = SqlNames.quoted(controlSchema, "subscriptions");
    this.ownSessions = ownSessions;
  }

  public String id() {
    return id;
  }

  /** The table as SQL. */
  String table() {
    return instances;
  }

  /**
   * A condition on a row of {@code instances}. Another role's sessions do not show their start;
   * then the process id must suffice.
   */
  static String alive(String row) {
    return """
        %1$s.heartbeat_at > clock_timestamp() - interval '%2$d milliseconds'
        and (%1$s.session_pid is null or %3$s)
        """
        .formatted(row, DEAD_AFTER.toMillis(), hasSession(row));
  }

  /**
   * Tells whether a service may be working: one that has not left, and whose session exists or
   * existed a moment ago, however late its heartbeats are. The server sees at once that a process
   * has ended, and within a minute that a host is gone.
   */
  String mayServe() {
    return "select exists (select from %s i where i.serving and i.presence <> 'gone')"
        .formatted(presence);
  }

  private static String hasSession(String row) {
    return """
        exists (select from pg_stat_activity a
                where a.pid = %1$s.session_pid
                  and (a.backend_start = %1$s.session_started or a.backend_start is null))"""
        .formatted(row);
  }

  /** Writes this process's heartbeat, notifies the others if it is new, and lists all. */
  String beat() {
    return """
        with forgotten as (
                 delete from %1$s
                 where heartbeat_at < clock_timestamp() - interval '%2$d milliseconds' and id <> $1::text),
             shown as (
                 insert into %1$s as i (id, host, process, version, page, serving, snapshots,
                                        grouping, heartbeat_at, session_pid, session_started)
                 select $1::text, $2::text, $3::bigint, $4::text, $5::text, $6::boolean, $7::text[],
                        $8::text, clock_timestamp(), a.pid, a.backend_start
                 from (values (1)) one left join pg_stat_activity a on a.pid = %3$s
                 on conflict (id) do update
                     set serving = excluded.serving, snapshots = excluded.snapshots,
                         heartbeat_at = excluded.heartbeat_at, session_pid = excluded.session_pid,
                         session_started = excluded.session_started),
             told as (
                 select pg_notify('%4$s', '')
                 where not exists (select from %1$s i
                                   where i.id = $1::text and i.serving = $6::boolean
                                     and i.snapshots = $7::text[]
                                     and %5$s))
        select $1::text as id, $6::boolean as serving, true as alive, $8::text as grouping,
               (select count(*) from told) as told
        union all
        select i.id, i.serving, %5$s, i.grouping, 0 from %1$s i where i.id <> $1::text
        """
        .formatted(
            instances,
            FORGOTTEN_AFTER.toMillis(),
            ownSessions ? "pg_backend_pid()" : "null",
            CHANNEL,
            alive("i"));
  }

  void bindBeat(Statement statement, boolean serving, Collection<TargetTable> snapshots) {
    statement.bind(0, id).bind(1, self.host()).bind(2, self.process()).bind(3, self.version());
    Binding.text(statement, 4, self.page());
    statement
        .bind(5, serving)
        .bind(6, snapshots.stream().map(TargetTable::toString).sorted().toArray(String[]::new))
        .bind(7, grouping.stored());
  }

  /** Removes this process and notifies the others. */
  String leave() {
    return """
        with gone as (delete from %s where id = $1 returning 1)
        select pg_notify('%s', '') from gone
        """
        .formatted(instances, CHANNEL);
  }

  void bindId(Statement statement) {
    statement.bind(0, id);
  }

  /** All that are connected. */
  String list() {
    return """
        select i.id, i.host, i.process, i.version, i.page, i.serving, i.started_at,
               (select g.grouping from %s g where g.id = i.id) as grouping,
               extract(epoch from clock_timestamp() - i.heartbeat_at)::float8 as age,
               array(select s.target from %s s
                     where s.owner = i.id and s.active order by s.target) as owns,
               i.snapshots
        from %s i
        where i.presence in ('there', 'late')
        order by i.started_at, i.id
        """
        .formatted(instances, subscriptions, presence);
  }

  static Instance instance(Readable row) {
    double age = Objects.requireNonNull(row.get("age", Double.class));
    return new Instance(
        Objects.requireNonNull(row.get("id", String.class)),
        new Instance.Self(
            Objects.requireNonNull(row.get("host", String.class)),
            Objects.requireNonNull(row.get("process", Long.class)),
            Objects.requireNonNull(row.get("version", String.class)),
            row.get("page", String.class)),
        Boolean.TRUE.equals(row.get("serving", Boolean.class)),
        Grouping.parse(row.get("grouping", String.class)),
        Objects.requireNonNull(row.get("started_at", Instant.class)),
        Duration.ofMillis(Math.max(0, Math.round(age * 1000))),
        targets(row.get("owns", String[].class)),
        targets(row.get("snapshots", String[].class)));
  }

  private static List<TargetTable> targets(String @Nullable [] names) {
    return names == null ? List.of() : Stream.of(names).map(TargetTable::parse).toList();
  }

  @Nullable String hint(String sqlState) {
    return switch (sqlState) {
      case "42P01", "42703", "3F000" ->
          "the control schema is missing or old: let the service create it (serve does)";
      case "42501" -> "the role needs select, insert, update and delete on " + instances;
      default -> null;
    };
  }
}
