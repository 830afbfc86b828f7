-- What a table begins with that has no position yet: now, the beginning of what the stream holds, or a time of the source's.

create or replace function {{control}}._submit(
    verb text, source text, target text, mode text, topic text, sequence bigint) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $creek$
declare
    command text;
    last    record;
    number  bigint;
begin
    command := case verb
        when 'create_schema' then 'CREATE ' || source || ':' || target
        when 'add_table' then 'ADD ' || source || ':' || target
        when 'add_table_from' then 'ADD_FROM ' || mode || ' ' || source || ':' || target
        when 'remove_table' then 'REMOVE ' || target
        when 'snapshot' then 'SNAP ' || mode || ' ' || source || ':' || target
        when 'apply_snapshot' then 'APPLY_SNAP ' || mode || ' ' || topic || ' ' || source || ':' || target
        when 'resync' then 'RESYNC ' || source || ':' || target
        when 'resume_table' then 'RESUME ' || target
        when 'skip_change' then 'SKIP ' || sequence || ' ' || target
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
            (command, status, requested_by, verb, source, target, mode, topic, sequence)
        values (command, 'queued', session_user, verb, source, target, mode, topic, sequence)
        returning id into number;
    end if;
    perform pg_notify('creek_consumer', '');
    return number;
end
$creek$;

create or replace function {{control}}._start("from" text) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp set datestyle = 'ISO' as $creek$
begin
    if "from" in ('now', 'beginning') then
        return "from";
    end if;
    return to_char(("from"::timestamptz) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
exception when data_exception or null_value_not_allowed then
    raise invalid_parameter_value using
        message = 'a table begins from ''now'', from ''beginning'', or from a time',
        hint = 'A time without an offset is of this session''s time zone.';
end
$creek$;

create or replace function {{control}}.add_table("table" text, "from" text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
declare
    names record := {{control}}._mapping("table");
    start text := {{control}}._start("from");
    parts text[] := {{control}}._parts(names.target, 2, 'target', 'namespace.table');
begin
    perform {{control}}._require_same_source(names.source, names.target);
    if not exists (
            select
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = parts[1] and c.relname = parts[2] and c.relkind in ('r', 'p'))
        and not {{control}}._awaited(names.target, '{create_schema,snapshot,apply_snapshot,resync}') then
        raise undefined_table using
            message = format('table %s does not exist', names.target),
            hint = format('Create it first: select %I.create_schema(%L);', {{control-literal}}, "table");
    end if;
    if exists (
            select from {{control}}.subscriptions s
            where s.target = names.target and s.epoch > 0
              and (s.stream_seq is not null or s."timestamp" >= '0002-01-01 00:00:00+00')) then
        raise object_not_in_prerequisite_state using
            message = format('%s holds a position already, and goes on from there', names.target),
            hint = format('select %1$I.add_table(%2$L); goes on from there, select %1$I.resync(%2$L); begins anew.',
                          {{control-literal}}, "table");
    end if;
    return {{control}}._submit('add_table_from', names.source, names.target, start, null, null);
end
$creek$;

revoke all on function {{control}}._start(text), {{control}}.add_table(text, text) from public;

comment on function {{control}}.add_table(text) is 'Apply a table''s changes, from the first that the stream holds, or again where it stopped: db.namespace.table:target_namespace.target_table';
comment on function {{control}}.add_table(text, text) is 'The same from ''now'', ''beginning'' or a time on, where it has no position yet';
