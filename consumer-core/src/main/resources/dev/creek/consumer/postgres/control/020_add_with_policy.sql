-- The policy is there before the table is added: it counts from the first change on.
create or replace function {{control}}.add_table(
    "table" text, "from" text, "group" text, schema_changes text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
#variable_conflict use_column
declare
    names record := {{control}}._mapping("table");
    policy text := add_table.schema_changes;
    added bigint;
begin
    if policy not in ('stop', 'add', 'follow', 'ignore') then
        raise invalid_parameter_value using
            message = format('%s is no policy for changes of a schema', quote_literal(policy)),
            hint = 'Use stop, add, follow or ignore; null for what the service''s --schema-changes says.';
    end if;
    added := {{control}}.add_table("table", "from", "group");
    if policy is not null then
        insert into {{control}}.subscriptions as s
            (topic, target, lsn, "timestamp", active, state, updated_at, schema_changes)
        values (names.source, names.target, '0/0', '0001-01-01 00:00:00+00', false, 'inactive', now(), policy)
        on conflict (target) do update
            set schema_changes = excluded.schema_changes
            where s.topic = excluded.topic;
    end if;
    return added;
end
$creek$;

revoke all on function {{control}}.add_table(text, text, text, text) from public;

comment on function {{control}}.add_table(text, text, text, text) is 'The same with a policy for changes of the source''s schema: stop, add, follow or ignore; null for what the service''s --schema-changes says';

-- Whoever may do the one may do the other, so that a service that may not grant goes on.
do $creek$
declare
    granted record;
begin
    for granted in
        select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as role
        from pg_proc p
        cross join lateral aclexplode(p.proacl) as a
        where p.oid = to_regprocedure(format('%I.', {{control-literal}}) || 'add_table(text)')
          and a.grantee <> p.proowner and a.privilege_type = 'EXECUTE'
    loop
        execute format('grant execute on function %I.add_table(text, text, text, text) to ', {{control-literal}})
            || granted.role;
    end loop;
end
$creek$;
