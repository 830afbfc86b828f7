grant usage on schema {{control}} to {{role}};

grant select on {{control}}._version to {{role}};

grant select, insert, update on {{control}}.schema_cache to {{role}};

-- A comparison with a fresh snapshot subscribes a table of its own, and removes it.
grant select, insert, update, delete on {{control}}.subscriptions to {{role}};

-- Marks are set by what is written, and cleared by snapshots and comparisons.
grant select, insert, update, delete on {{control}}.incompleteness, {{control}}.known_targets to {{role}};

-- An instance that leaves removes its row.
grant select, insert, update, delete on {{control}}.instances to {{role}};

-- What is stored, as far as it holds.
grant select on {{control}}.presence, {{control}}.status to {{role}};

-- Old commands are removed after a month.
grant select, insert, update, delete on {{control}}._notification_log to {{role}};

grant execute on function
    {{control}}._submit(text, text, text, text, text, bigint),
    {{control}}._submit(text, text, text, text, text, bigint, text),
    {{control}}.cancel(bigint),
    {{control}}._group(text),
    {{control}}._require_group(text, text, text, boolean),
    {{control}}._set_group(text, text)
    to {{role}};
