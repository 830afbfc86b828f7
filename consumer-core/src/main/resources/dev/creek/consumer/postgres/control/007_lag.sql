alter table {{control}}.subscriptions
    add column if not exists lag interval;

comment on column {{control}}.subscriptions.lag is 'age of the oldest change that is not applied yet, in whole seconds, as a running service sees it every few seconds';
