alter table {{control}}.subscriptions
    -- Not only a state: a stream that lost its tail grows past the position again, and nothing of
    -- the gap is to be seen then.
    add column if not exists gap text;

comment on column {{control}}.subscriptions.gap is 'changes that are missing; null: none. Over with a clean snapshot, or by resume_table';
