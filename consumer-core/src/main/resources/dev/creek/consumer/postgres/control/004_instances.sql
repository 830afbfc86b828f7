-- Who is there: services that share the tables, and commands that hold a table for a snapshot. Rows
-- say who works, never who may write: that is for the epoch in subscriptions.
create table if not exists {{control}}.instances (
    id              text        not null,
    host            text        not null,
    process         bigint      not null,
    version         text        not null,
    page            text,
    serving         boolean     not null,
    snapshots       text[]      not null,
    started_at      timestamptz not null default clock_timestamp(),
    heartbeat_at    timestamptz not null,
    session_pid     integer,
    session_started timestamptz,
    constraint pk_creek_instances primary key (id)
) with (fillfactor = 20);

comment on table {{control}}.instances is 'Processes of creek-consumer that are at work on this database';
comment on column {{control}}.instances.id is 'what subscriptions.owner names';
comment on column {{control}}.instances.page is 'address of its HTTP page';
comment on column {{control}}.instances.serving is 'whether it takes a share of the tables';
comment on column {{control}}.instances.snapshots is 'targets that it is taking a snapshot of: nobody else touches them';
comment on column {{control}}.instances.heartbeat_at is 'when it last showed itself, by this server''s clock';
comment on column {{control}}.instances.session_pid is 'the session that it shows itself through: gone means gone; null: behind a pooler';
