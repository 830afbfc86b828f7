package dev.creek.consumer.testing;

/** What the Go consumer does to a target database, in its own statements. */
public final class GoConsumer {
  /** The control schema and its tables. */
  public static final String TABLES =
      """
      create schema _creek_consumer;
      create table _creek_consumer.subscriptions (
        topic text, target text, lsn pg_lsn, timestamp timestamptz, active bool,
        constraint pk_creek_subscriptions primary key (target));
      create table _creek_consumer._notification_log (
        timestamp timestamptz default now(), command text, status text,
        constraint pk_creek_notification_log primary key (timestamp));
      """;

  /** As the Go consumer makes them at each start: they only notify. */
  public static final String FUNCTIONS =
      """
      create or replace function _creek_consumer.add_table("table" text) returns void
        language plpgsql as $$ begin perform pg_notify('creek_consumer', 'ADD ' || "table"); end $$;
      create or replace function _creek_consumer.remove_table("table" text) returns void
        language plpgsql as $$ begin perform pg_notify('creek_consumer', 'REMOVE ' || "table"); end $$;
      create or replace function _creek_consumer.create_schema("table" text) returns void
        language plpgsql as $$ begin perform pg_notify('creek_consumer', 'CREATE ' || "table"); end $$;
      create or replace function _creek_consumer.snapshot("table" text, "mode" text) returns void
        language plpgsql as $$ begin perform pg_notify('creek_consumer', 'SNAP'); end $$;
      create or replace function _creek_consumer.apply_snapshot("topic" text, "table" text, "mode" text)
        returns void
        language plpgsql as $$ begin perform pg_notify('creek_consumer', 'APPLY_SNAP'); end $$;
      """;

  private GoConsumer() {}
}
