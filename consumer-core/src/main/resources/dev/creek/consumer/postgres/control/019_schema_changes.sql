-- What is done with a table when its source gets other columns, types or keys. Null: what the service's option says.
alter table {{control}}.subscriptions
    add column if not exists schema_changes text
        constraint ck_creek_schema_changes check (schema_changes in ('stop', 'add', 'follow', 'ignore'));

comment on column {{control}}.subscriptions.schema_changes is 'stop, add, follow or ignore, see set_schema_changes; null: what the service''s --schema-changes says';

-- Not a command: nothing is to be carried out, and it holds also while no service runs.
create or replace function {{control}}.set_schema_changes("table" text, policy text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
declare
    changed text := {{control}}._target("table");
begin
    if policy not in ('stop', 'add', 'follow', 'ignore') then
        raise invalid_parameter_value using
            message = format('%s is no policy for changes of a schema', quote_literal(policy)),
            hint = 'Use stop, add, follow or ignore; null for what the service''s --schema-changes says.';
    end if;
    update {{control}}.subscriptions s
    set schema_changes = policy
    where s.target = changed;
    if not found then
        raise undefined_object using
            message = format('%s is not subscribed', changed),
            hint = format('select target from %I.subscriptions; shows what is.', {{control-literal}});
    end if;
    -- Running services look: a table that has stopped is tried again.
    perform pg_notify('creek_consumer', '');
end
$creek$;

create or replace function {{control}}._submit(
    verb text, source text, target text, mode text, topic text, sequence bigint, "group" text) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $creek$
declare
    named   text := {{control}}._group("group");
    quoted  text := '"' || replace(coalesce(named, ''), '"', '""') || '" ';
    place   text := case when named is null then '' else 'IN ' || quoted end;
    command text;
    last    record;
    number  bigint;
begin
    command := case verb
        when 'create_schema' then 'CREATE ' || source || ':' || target
        when 'add_table' then 'ADD ' || place || source || ':' || target
        when 'add_table_from' then 'ADD_FROM ' || mode || ' ' || place || source || ':' || target
        when 'remove_table' then 'REMOVE ' || target
        when 'snapshot' then 'SNAP ' || mode || ' ' || source || ':' || target
        when 'apply_snapshot' then 'APPLY_SNAP ' || mode || ' ' || topic || ' ' || source || ':' || target
        when 'resync' then 'RESYNC ' || place || source || ':' || target
        when 'resume_table' then 'RESUME ' || target
        when 'skip_change' then 'SKIP ' || sequence || ' ' || target
        when 'set_group' then 'SET_GROUP ' || quoted || target
        when 'fill' then 'FILL ' || mode || ' ' || source || ':' || target
        when 'schema_diff' then 'SCHEMA_DIFF ' || source || ':' || target
    end;
    if command is null then
        raise invalid_parameter_value using message = format('%s lacks an argument, or is no command', verb);
    end if;
    perform pg_advisory_xact_lock(1129465155, hashtext({{control-literal}} || ' ' || target));
    select l.id, l.command into last
    from {{control}}._notification_log l
    where l.target = _submit.target and l.finished_at is null and l.verb is not null
    order by l.id desc limit 1;
    if last.command = command then
        -- Nobody begins it while we hold it: it will see what this transaction did.
        select l.id into number
        from {{control}}._notification_log l
        where l.id = last.id and l.status = 'queued'
        for update;
    end if;
    if number is null then
        insert into {{control}}._notification_log
            (command, status, requested_by, verb, source, target, mode, topic, sequence, group_name)
        values (command, 'queued', session_user, verb, source, target, mode, topic, sequence, named)
        returning id into number;
    end if;
    perform pg_notify('creek_consumer', '');
    return number;
end
$creek$;

create or replace function {{control}}.schema_diff("table" text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
declare
    names record := {{control}}._mapping("table");
begin
    return {{control}}._submit('schema_diff', names.source, names.target, null, null, null, null);
end
$creek$;

revoke all on function
    {{control}}.set_schema_changes(text, text),
    {{control}}.schema_diff(text)
    from public;

comment on function {{control}}.set_schema_changes(text, text) is 'Say what is done when the source of a table gets other columns, types or keys: target_namespace.target_table, and stop, add, follow or ignore';

comment on function {{control}}.schema_diff(text) is 'Compare a target table with the newest schema of its source: db.namespace.table:target_namespace.target_table. The command''s detail is a script for psql that ends the differences';

-- Whoever may do the one may do the other, so that a service that may not grant goes on.
do $creek$
declare
    granted record;
begin
    for granted in
        select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as role,
               given.also
        from (values ('set_schema_changes(text, text)'), ('schema_diff(text)')) as given (also)
        cross join pg_proc p
        cross join lateral aclexplode(p.proacl) as a
        where p.oid = to_regprocedure(format('%I.', {{control-literal}}) || 'add_table(text)')
          and a.grantee <> p.proowner and a.privilege_type = 'EXECUTE'
    loop
        execute format('grant execute on function %I.', {{control-literal}})
            || granted.also || ' to ' || granted.role;
    end loop;
end
$creek$;
