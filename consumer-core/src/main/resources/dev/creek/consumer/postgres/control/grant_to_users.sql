grant usage on schema {{control}} to {{role}};

grant execute on function
    {{control}}.create_schema(text),
    {{control}}.add_table(text),
    {{control}}.add_table(text, text),
    {{control}}.add_table(text, text, text),
    {{control}}.add_table(text, text, text, text),
    {{control}}.remove_table(text),
    {{control}}.remove_table(text, text),
    {{control}}.snapshot(text, text),
    {{control}}.apply_snapshot(text, text, text),
    {{control}}.resync(text),
    {{control}}.resync(text, text),
    {{control}}.set_group(text, text),
    {{control}}.fill(text, text[]),
    {{control}}.set_schema_changes(text, text),
    {{control}}.schema_diff(text),
    {{control}}.resume_table(text),
    {{control}}.skip_change(text, bigint),
    {{control}}.cancel(bigint),
    {{control}}.wait_for(bigint, interval),
    {{control}}.version()
    to {{role}};

grant execute on procedure {{control}}.wait_for(bigint, interval, text) to {{role}};

grant select on {{control}}.subscriptions, {{control}}.incompleteness, {{control}}._notification_log,
    {{control}}.instances, {{control}}.presence, {{control}}.status
    to {{role}};
