package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.position.IncompletenessSql;
import dev.creek.consumer.postgres.position.SubscriptionRows;
import dev.creek.consumer.postgres.session.SqlNames;
import org.jspecify.annotations.Nullable;

/** Statements on {@code subscriptions}. Their first parameter is the target, where one is named. */
final class SubscriptionSql {
  private final String table;
  private final String present;
  private final String incompleteness;
  private final String requireGroup;
  private final String setGroup;

  SubscriptionSql(String controlSchema) {
    this.table = SqlNames.quoted(controlSchema, "subscriptions");
    this.present = SubscriptionRows.present(table, SqlNames.quoted(controlSchema, "status"));
    this.requireGroup = SqlNames.quoted(controlSchema, "_require_group") + "($2, $1, $3, false)";
    this.setGroup = SqlNames.quoted(controlSchema, "_set_group");
    this.incompleteness = SqlNames.quoted(controlSchema, "incompleteness");
  }

  String table() {
    return table;
  }

  /** Statements about the marks of a table. */
  IncompletenessSql marks(TargetTable target) {
    return new IncompletenessSql(incompleteness, target);
  }

  String all() {
    return SubscriptionRows.select("", table, incompleteness);
  }

  /** With the states of the view {@code status}. */
  String present() {
    return SubscriptionRows.select("", present, incompleteness);
  }

  /** Of a control schema without groups. */
  String ungrouped() {
    return SubscriptionRows.selectUngrouped(table, incompleteness);
  }

  /** Of a control schema without marks. */
  String unmarked() {
    return "select " + SubscriptionRows.UNMARKED_COLUMNS + " from " + table;
  }

  /** Of the Go consumer's control schema. */
  String ofGoConsumer() {
    return "select " + SubscriptionRows.GO_COLUMNS + " from " + table;
  }

  String row() {
    return all() + " where s.target = $1";
  }

  /** Parameter: targets. */
  String rows() {
    return all() + " where s.target = any ($1)";
  }

  /**
   * A change that wakes the services and returns the row as changed.
   *
   * @param statement a {@code with} clause that calls its result {@code changed}
   */
  String andWake(String statement) {
    return statement
        + SubscriptionRows.select(
            ", pg_notify('" + NotificationListener.CHANNEL + "', '')", "changed", incompleteness);
  }

  /** For {@link #andWake}. Parameters: target, source, group. */
  String activate(@Nullable String group) {
    return activate("$2, $1", "$3", allowed(group) + " as allowed");
  }

  /**
   * The same for many tables, into no named group: whether that may have them cannot be told of
   * several at once. Parameters: targets, sources.
   */
  String activateAll() {
    return activate(
        "given.topic, given.target",
        "null",
        "unnest($1::text[], $2::text[]) as given (target, topic)");
  }

  private String activate(String names, String group, String from) {
    return """
        with changed as (
            insert into %1$s as s (topic, target, lsn, "timestamp", active, state, updated_at, group_name)
            select %2$s, '0/0', '0001-01-01 00:00:00+00', true, 'waiting', now(), %3$s
            from %4$s
            on conflict (target) do update
                set active = true, updated_at = now(),
                    group_name = coalesce(excluded.group_name, s.group_name),
                    state = case when s.active then s.state else 'waiting' end,
                    reason = case when s.active then s.reason end,
                    hint = case when s.active then s.hint end
                where s.topic = excluded.topic
            returning *)
        """
        .formatted(table, names, group, from);
  }

  /** For {@link #andWake}: with a position, unless the row has one. The same parameters. */
  String begin(Position position, @Nullable String group) {
    StreamIdentity stream = position.stream();
    String given =
        stream == null
            ? "null::text, null::text, null::bigint"
            : "%s, %s, %d"
                .formatted(
                    SqlNames.literal(stream.name()),
                    SqlNames.literal(stream.created().toString()),
                    position.sequence());
    return """
        with changed as (
            insert into %1$s as s (topic, target, lsn, "timestamp", active, state, updated_at, group_name,
                                   stream_name, stream_created, stream_seq)
            select $2, $1, '0/0', '0001-01-01 00:00:00+00', true, 'waiting', now(), $3, %3$s
            from %2$s as allowed
            on conflict (target) do update
                set active = true, updated_at = now(), state = 'waiting', reason = null, hint = null,
                    group_name = coalesce(excluded.group_name, s.group_name),
                    stream_name = excluded.stream_name, stream_created = excluded.stream_created,
                    stream_seq = excluded.stream_seq
                where s.topic = excluded.topic
                  and (s.epoch = 0
                       or s.stream_seq is null
                          and coalesce(s."timestamp", '0001-01-01') < '0002-01-01 00:00:00+00')
            returning *)
        """
        .formatted(table, allowed(group), given);
  }

  /** For {@link #andWake}. */
  String deactivate() {
    return """
        with changed as (
            update %1$s
            set active = false, state = 'inactive', reason = null, hint = null, lag = null, member = null,
                epoch = epoch + 1, owner = null, updated_at = now()
            where target = $1
            returning *)
        """
        .formatted(table);
  }

  /**
   * Returns the reason of the skipped failure, and marks the table. Parameters: target, sequence.
   */
  String skip(TargetTable target, long sequence) {
    return """
        with passed as (
        update %1$s
        set skip_seqs = array(
                select distinct passed
                from unnest(case when skip_stream is not distinct from stopped.stream
                                 then skip_seqs end || $2) as passed
                where stopped.stream is distinct from stream_created or passed > stream_seq
                      or passed = $2
                order by passed),
            skip_stream = stopped.stream, updated_at = now()
        from (select case when state = 'failed' and failed_seq = $2 then failed_stream
                          when $2 = any (skip_seqs) then skip_stream end as stream
              from %1$s
              where target = $1) as stopped
        where target = $1 and active and stopped.stream is not null
        returning coalesce(reason, 'passed over before') as reason
        ), marked as (%2$s)
        select reason from passed
        """
        .formatted(
            table,
            marks(target)
                .insert(
                    new Incompleteness(
                        Incompleteness.Cause.SKIPPED,
                        Long.toString(sequence),
                        "the change at stream sequence " + sequence + " was skipped"),
                    "passed"));
  }

  /** Parameters: targets, lags in seconds, memberships. */
  String note() {
    return """
        with told as (
                 select target, make_interval(secs => seconds) as lag, member
                 from unnest($1::text[], $2::int8[], $3::bool[]) as given (target, seconds, member)),
             free as (
                 select s.target, told.lag, told.member
                 from %1$s s join told on told.target = s.target
                 where s.active and (s.lag, s.member) is distinct from (told.lag, told.member)
                 for no key update of s skip locked)
        update %1$s s
        set lag = free.lag, member = free.member
        from free
        where s.target = free.target
        """
        .formatted(table);
  }

  /** For {@link #andWake}. Parameters: target, policy. */
  String setSchemaChanges() {
    return """
        with changed as (update %1$s set schema_changes = $2 where target = $1 returning *)
        """
        .formatted(table);
  }

  /** For {@link #andWake}. Parameters: target, source, policy. */
  String keepSchemaChanges() {
    return """
        with changed as (
            insert into %1$s as s
                (topic, target, lsn, "timestamp", active, state, updated_at, schema_changes)
            values ($2, $1, '0/0', '0001-01-01 00:00:00+00', false, 'inactive', now(), $3)
            on conflict (target) do update
                set schema_changes = excluded.schema_changes
                where s.topic = excluded.topic
            returning *)
        """
        .formatted(table);
  }

  /** Parameters: target, group. */
  String setGroup() {
    return "select " + setGroup + "($1, $2)";
  }

  /** One row, or an error. Without a group nothing is called, so roles need no right for that. */
  private String allowed(@Nullable String group) {
    return group == null ? "(select)" : requireGroup;
  }
}
