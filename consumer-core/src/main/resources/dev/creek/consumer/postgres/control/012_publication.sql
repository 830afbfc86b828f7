-- How the last transaction of a table without a key was published: what tells its rest from the same once more.
alter table {{control}}.subscriptions
    add column if not exists tx_last_lsn pg_lsn,
    add column if not exists tx_first    bigint,
    add column if not exists tx_sent_at  timestamptz;

comment on column {{control}}.subscriptions.tx_last_lsn is 'what the producer had read before that transaction (generation OLD)';
comment on column {{control}}.subscriptions.tx_first is 'check sum of its first change; -1: another one is the same';
comment on column {{control}}.subscriptions.tx_sent_at is 'when its last change was published, by the producer''s clock';
