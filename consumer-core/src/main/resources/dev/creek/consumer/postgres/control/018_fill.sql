-- Columns that were added to existing rows are filled from a snapshot; their names are stored where other commands have a mode.
comment on column {{control}}._notification_log.mode is 'upsert or clean; the start of add_table_from; the columns of fill, in double quotes';

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

create or replace function {{control}}.fill("table" text, variadic columns text[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
declare
    filled  text := {{control}}._target("table");
    parts   text[] := {{control}}._parts(filled, 2, 'target', 'namespace.table');
    own     text;
    rows_of oid;
    lacking text;
begin
    if coalesce(cardinality(columns), 0) = 0 or '' = any (columns) or array_position(columns, null) is not null then
        raise invalid_parameter_value using
            message = 'columns must be named: they must be neither null nor empty',
            hint = 'select column_name from information_schema.columns; shows what there is.';
    end if;
    if (select count(distinct c) from unnest(columns) as c) < cardinality(columns) then
        raise invalid_parameter_value using message = 'a column is named twice';
    end if;
    select s.topic into own from {{control}}.subscriptions s where s.target = filled;
    if not found then
        raise undefined_object using
            message = format('%s is not subscribed', filled),
            hint = format('select target from %I.subscriptions; shows what is.', {{control-literal}});
    end if;
    select c.oid into rows_of
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = parts[1] and c.relname = parts[2] and c.relkind in ('r', 'p');
    if not found then
        raise undefined_table using
            message = format('table %s does not exist', filled),
            hint = format('select %I.resync(%L); creates and fills it.', {{control-literal}}, own || ':' || filled);
    end if;
    select named.c into lacking
    from unnest(columns) with ordinality as named (c, place)
    where not exists (
        select from pg_attribute a
        where a.attrelid = rows_of and a.attname = named.c and a.attnum > 0 and not a.attisdropped)
    order by named.place limit 1;
    if found then
        raise undefined_column using
            message = format('table %s has no column "%s"', filled, lacking),
            hint = 'Name columns as the catalog has them, without double quotes; one that the source has got is added first: ALTER TABLE ... ADD COLUMN ...;';
    end if;
    return {{control}}._submit(
        'fill', own, filled,
        (select string_agg('"' || replace(named.c, '"', '""') || '"', ',' order by named.place)
         from unnest(columns) with ordinality as named (c, place)),
        null, null, null);
end
$creek$;

revoke all on function {{control}}.fill(text, text[]) from public;

comment on function {{control}}.fill(text, text[]) is 'Bring the source''s values of columns that were added to existing rows, beside the changes: target_namespace.target_table';

-- Whoever may take a snapshot may fill, so that a service that may not grant goes on.
do $creek$
declare
    granted record;
begin
    for granted in
        select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as role
        from pg_proc p cross join lateral aclexplode(p.proacl) as a
        where p.oid = to_regprocedure(format('%I.snapshot(text, text)', {{control-literal}}))
          and a.grantee <> p.proowner and a.privilege_type = 'EXECUTE'
    loop
        execute format('grant execute on function %I.fill(text, text[]) to %s', {{control-literal}}, granted.role);
    end loop;
end
$creek$;
