alter table {{control}}.subscriptions
    add column if not exists ahead_until timestamptz;

comment on column {{control}}.subscriptions.ahead_until is 'source commit time up to which the last snapshot may have brought changes that are read again';
