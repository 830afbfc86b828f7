alter table {{control}}.subscriptions
    add column if not exists snapshot_at timestamptz;

comment on column {{control}}.subscriptions.snapshot_at is 'source time of the last snapshot applied; changes committed around it are read again and applied as one';
