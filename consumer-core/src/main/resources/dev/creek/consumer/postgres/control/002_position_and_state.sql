alter table {{control}}.subscriptions
    -- Text keeps the nanoseconds of JetStream's creation time; the identity is compared exactly.
    add column if not exists stream_name    text,
    add column if not exists stream_created text,
    add column if not exists stream_seq     bigint,
    add column if not exists epoch          bigint not null default 0,
    add column if not exists owner          text,
    add column if not exists state          text,
    add column if not exists reason         text,
    add column if not exists hint           text,
    add column if not exists rows_applied   bigint not null default 0,
    add column if not exists last_change_at timestamptz,
    add column if not exists updated_at     timestamptz,
    add column if not exists tx_id          bigint,
    add column if not exists tx_at          timestamptz,
    add column if not exists tx_lsn         pg_lsn,
    add column if not exists tx_applied     bigint,
    add column if not exists tx_seen        bigint,
    add column if not exists tx_newest_at   timestamptz;

-- Each commit updates its row: room in the page keeps that a heap-only update.
alter table {{control}}.subscriptions set (fillfactor = 20);

comment on table {{control}}.subscriptions is 'Source and target tables of creek-consumer, and how far each target is';
comment on column {{control}}.subscriptions.topic is 'source: database.schema.table';
comment on column {{control}}.subscriptions.target is 'target: schema.table';
comment on column {{control}}.subscriptions.lsn is 'source LSN of the last change applied; tells people, decides nothing';
comment on column {{control}}.subscriptions.timestamp is 'source commit time of the last change applied';
comment on column {{control}}.subscriptions.stream_name is 'JetStream stream that stream_seq counts in; null: left by the Go consumer';
comment on column {{control}}.subscriptions.stream_seq is 'stream sequence up to which everything has been applied';
comment on column {{control}}.subscriptions.epoch is 'each owner takes the next one; older ones can no longer write';
comment on column {{control}}.subscriptions.rows_applied is 'changes applied since the subscription began';
comment on column {{control}}.subscriptions.tx_id is 'last source transaction applied, kept for tables without a key only';

create table if not exists {{control}}.schema_cache (
    fingerprint text        not null,
    source      text        not null,
    text        text        not null,
    seen_at     timestamptz not null default now()
);

-- By hash: a schema of a thousand columns is longer than an index entry may be.
create unique index if not exists schema_cache_key
    on {{control}}.schema_cache (fingerprint, source, md5(text));

comment on table {{control}}.schema_cache is 'Avro schemas of source tables by fingerprint, so that a restart needs no producer';
