-- What tells which changes a target holds already that are read again, as they are behind a snapshot: stored with the position,
-- so that a restart in between tells the same.
alter table {{control}}.subscriptions
    add column if not exists held_kind    text,
    add column if not exists held_from    bigint,
    add column if not exists held_through bigint,
    add column if not exists held_tx_id   bigint,
    add column if not exists held_lsn     pg_lsn,
    add column if not exists held_at      timestamptz;

comment on column {{control}}.subscriptions.held_kind is 'what the target holds of what is read again: all that a snapshot held, or all up to a position; null: nothing is known';
comment on column {{control}}.subscriptions.held_from is 'stream_seq as it was stored with the snapshot';
comment on column {{control}}.subscriptions.held_through is 'stream sequence up to which the snapshot holds everything';
comment on column {{control}}.subscriptions.held_tx_id is 'the snapshot''s transaction on the source';
comment on column {{control}}.subscriptions.held_lsn is 'place of the snapshot, or the position, in the source''s log';
comment on column {{control}}.subscriptions.held_at is 'time of the snapshot, or the position, by the source''s clock';
