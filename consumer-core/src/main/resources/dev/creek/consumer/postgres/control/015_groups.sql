-- Tables that are applied together. Null: the group that the service's option gives it, its source database's or none.
alter table {{control}}.subscriptions
    add column if not exists group_name text,
    add column if not exists member     boolean;

alter table {{control}}._notification_log
    add column if not exists group_name text;

comment on column {{control}}.subscriptions.group_name is 'named group of tables that are applied together, see set_group; null: what the service''s --grouping says';
comment on column {{control}}.subscriptions.member is 'true: applied together with the others of its group; false: apart, on its own for now; null: in no group, or not known. As a running service saw it last, like lag';
comment on column {{control}}._notification_log.group_name is 'the group that the command names; null: none, or no named one any more';

-- A name as it is stored; null for none. It is not parsed: whatever is given is the name.
create or replace function {{control}}._group("group" text) returns text
language plpgsql immutable security definer set search_path = pg_catalog, pg_temp as $creek$
begin
    if "group" is null or "group" = '' then
        return null;
    end if;
    if octet_length("group") > 63 then
        raise invalid_parameter_value using
            message = format('the name of a group has at most 63 bytes, not %s', octet_length("group"));
    end if;
    if "group" ~ E'[\\u0001-\\u001F\\u007F]'
            or getdatabaseencoding() = 'UTF8' and "group" ~ E'[\\u0080-\\u009F\\u2028\\u2029]' then
        raise invalid_parameter_value using
            message = 'the name of a group must not hold control characters, such as line breaks';
    end if;
    if {{control}}._padded("group") then
        raise invalid_parameter_value using
            message = format('the name of the group "%s" has white space around it', "group"),
            hint = 'Take it away: the group would look like another one in every list.';
    end if;
    return "group";
end
$creek$;

-- The source database of a stored name; null where that cannot be read.
create or replace function {{control}}._database(source text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $creek$
begin
    if source is null then
        return null;
    end if;
    return ({{control}}._parts(source, 3, 'source', 'db.namespace.table'))[1];
exception when invalid_parameter_value then
    return null;
end
$creek$;

-- Refuses a group that a table cannot be in. The service calls it as well, so it runs as its owner.
create or replace function {{control}}._require_group(
    source text, target text, "group" text, moves boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
declare
    named text := {{control}}._group("group");
    own   text := {{control}}._database(source);
    other record;
begin
    if named is null then
        return;
    end if;
    if not moves then
        select s.group_name into other
        from {{control}}.subscriptions s
        where s.target = _require_group.target and s.active and s.group_name is distinct from named;
        if found then
            raise unique_violation using
                message = format(
                    '%s is subscribed already, in %s, and a table is in one group: set_group changes it', target,
                    coalesce('the group "' || other.group_name || '"', 'no named group')),
                hint = format('select %I.set_group(%L, %L);', {{control-literal}}, target, named);
        end if;
    end if;
    select s.target, {{control}}._database(s.topic) as database into other
    from {{control}}.subscriptions s
    where s.target <> _require_group.target
      and (s.group_name = named or s.group_name is null and {{control}}._database(s.topic) = named)
      and {{control}}._database(s.topic) <> own
    order by s.target limit 1;
    if found then
        raise unique_violation using
            message = format(
                'the group "%s" is one of the source database %s, as of %s, and %s comes from %s: a group never spans two source databases',
                named, other.database, other.target, target, own),
            hint = 'Choose another name.';
    end if;
end
$creek$;

-- For the service; false where the table is not subscribed.
create or replace function {{control}}._set_group(target text, "group" text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
declare
    named text := {{control}}._group("group");
    own   text;
begin
    select s.topic into own from {{control}}.subscriptions s where s.target = _set_group.target;
    if not found then
        return false;
    end if;
    perform {{control}}._require_group(own, target, named, true);
    update {{control}}.subscriptions s
    set group_name = named
    where s.target = _set_group.target and s.group_name is distinct from named;
    perform pg_notify('creek_consumer', '');
    return true;
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

-- Services of the version before call it.
create or replace function {{control}}._submit(
    verb text, source text, target text, mode text, topic text, sequence bigint) returns bigint
language sql set search_path = pg_catalog, pg_temp as $creek$
    select {{control}}._submit(verb, source, target, mode, topic, sequence, null)
$creek$;

create or replace function {{control}}.add_table("table" text, "from" text, "group" text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
declare
    names record := {{control}}._mapping("table");
    named text := {{control}}._group("group");
    start text := case when "from" is not null then {{control}}._start("from") end;
    parts text[] := {{control}}._parts(names.target, 2, 'target', 'namespace.table');
begin
    perform {{control}}._require_same_source(names.source, names.target);
    perform {{control}}._require_group(names.source, names.target, named, false);
    if not exists (
            select
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = parts[1] and c.relname = parts[2] and c.relkind in ('r', 'p'))
        and not {{control}}._awaited(names.target, '{create_schema,snapshot,apply_snapshot,resync}') then
        raise undefined_table using
            message = format('table %s does not exist', names.target),
            hint = format('Create it first: select %I.create_schema(%L);', {{control-literal}}, "table");
    end if;
    if start is not null and exists (
            select from {{control}}.subscriptions s
            where s.target = names.target and s.epoch > 0
              and (s.stream_seq is not null or s."timestamp" >= '0002-01-01 00:00:00+00')) then
        raise object_not_in_prerequisite_state using
            message = format('%s holds a position already, and goes on from there', names.target),
            hint = format('select %1$I.add_table(%2$L); goes on from there, select %1$I.resync(%2$L); begins anew.',
                          {{control-literal}}, "table");
    end if;
    return {{control}}._submit(
        case when start is null then 'add_table' else 'add_table_from' end,
        names.source, names.target, start, null, null, named);
end
$creek$;

create or replace function {{control}}.add_table("table" text) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $creek$
    select {{control}}.add_table("table", null, null)
$creek$;

create or replace function {{control}}.add_table("table" text, "from" text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
begin
    -- Of the two, only a null start is an error here: whoever names a start wants one.
    perform {{control}}._start("from");
    return {{control}}.add_table("table", "from", null);
end
$creek$;

create or replace function {{control}}.resync("table" text, "group" text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
declare
    names record := {{control}}._mapping("table");
    named text := {{control}}._group("group");
begin
    perform {{control}}._require_same_source(names.source, names.target);
    perform {{control}}._require_group(names.source, names.target, named, false);
    return {{control}}._submit('resync', names.source, names.target, null, null, null, named);
end
$creek$;

create or replace function {{control}}.resync("table" text) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $creek$
    select {{control}}.resync("table", null)
$creek$;

create or replace function {{control}}.set_group("table" text, "group" text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
declare
    moved text := {{control}}._target("table");
    named text := {{control}}._group("group");
    own   text;
begin
    select s.topic into own from {{control}}.subscriptions s where s.target = moved;
    if found then
        perform {{control}}._require_group(own, moved, named, true);
    elsif not {{control}}._awaited(moved, '{add_table,add_table_from,resync}') then
        raise undefined_object using
            message = format('%s is not subscribed', moved),
            hint = format('select target from %I.subscriptions; shows what is.', {{control-literal}});
    end if;
    return {{control}}._submit('set_group', null, moved, null, null, null, named);
end
$creek$;

revoke all on function
    {{control}}._group(text),
    {{control}}._database(text),
    {{control}}._require_group(text, text, text, boolean),
    {{control}}._set_group(text, text),
    {{control}}._submit(text, text, text, text, text, bigint, text),
    {{control}}.add_table(text, text, text),
    {{control}}.resync(text, text),
    {{control}}.set_group(text, text)
    from public;

comment on function {{control}}.add_table(text, text, text) is 'The same into a named group of tables that are applied together; a null start is the one of add_table(table)';
comment on function {{control}}.resync(text, text) is 'The same into a named group of tables that are applied together';
comment on function {{control}}.set_group(text, text) is 'Put a subscribed table into a named group, or into none: target_namespace.target_table';

-- Whoever may do the one may do the other, so that a service that may not grant goes on.
do $creek$
declare
    granted record;
begin
    for granted in
        select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as role,
               given.also
        from (values
                ('_submit(text, text, text, text, text, bigint)', '_submit(text, text, text, text, text, bigint, text)'),
                ('_submit(text, text, text, text, text, bigint)', '_require_group(text, text, text, boolean)'),
                ('_submit(text, text, text, text, text, bigint)', '_set_group(text, text)'),
                ('_submit(text, text, text, text, text, bigint)', '_group(text)'),
                ('add_table(text)', 'add_table(text, text, text)'),
                ('add_table(text)', 'set_group(text, text)'),
                ('resync(text)', 'resync(text, text)')) as given (known, also)
        join pg_proc p on p.oid = to_regprocedure(format('%I.', {{control-literal}}) || given.known)
        cross join lateral aclexplode(p.proacl) as a
        where a.grantee <> p.proowner and a.privilege_type = 'EXECUTE'
    loop
        execute format('grant execute on function %I.', {{control-literal}}) || granted.also || ' to ' || granted.role;
    end loop;
end
$creek$;
