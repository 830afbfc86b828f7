-- Names: white space around an unquoted one is refused, since nobody sees it afterwards; a mapping where only its
-- target is asked for says which that is; a URI, which may hold a password, is not repeated.

create or replace function {{control}}._split(name text, separator text) returns text[]
language plpgsql immutable set search_path = pg_catalog, pg_temp as $creek$
declare
    parts  text[] := '{}';
    part   text := '';
    quoted boolean := false;
    c      text;
begin
    if strpos(regexp_replace(name, '"[^"]*"', '', 'g'), '://') > 0 then
        raise invalid_parameter_value using message = 'a table''s name is expected, not a URI';
    end if;
    foreach c in array string_to_array(name, null) loop
        quoted := quoted <> (c = '"');
        if c = separator and not quoted then
            parts := array_append(parts, part);
            part := '';
        else
            part := part || c;
        end if;
    end loop;
    if quoted then
        raise invalid_parameter_value using
            message = format('''%s'' has a double quote that is not closed', name);
    end if;
    return array_append(parts, part);
end
$creek$;

-- Whether a name begins or ends with what nobody sees. Beyond ASCII only where a character is one: in SQL_ASCII and
-- the like it may be the end of a letter.
create or replace function {{control}}._padded(part text) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $creek$
    select part ~ E'^[\\u0001-\\u0020\\u007F]|[\\u0001-\\u0020\\u007F]$'
        or (getdatabaseencoding() = 'UTF8'
            and part ~ (E'^[\\u0080-\\u00A0\\u00AD\\u1680\\u2000-\\u200F\\u2028-\\u202F\\u205F-\\u2064\\u3000\\uFEFF]'
                || E'|[\\u0080-\\u00A0\\u00AD\\u1680\\u2000-\\u200F\\u2028-\\u202F\\u205F-\\u2064\\u3000\\uFEFF]$'))
$creek$;

create or replace function {{control}}._parts(name text, count int, what text, form text) returns text[]
language plpgsql immutable set search_path = pg_catalog, pg_temp as $creek$
declare
    parts text[] := {{control}}._split(name, '.');
    part  text;
    inner_text text;
begin
    if cardinality(parts) <> count or '' = any (parts) then
        raise invalid_parameter_value using
            message = format('%s ''%s'' must have the form %s', what, name, form),
            hint = 'Double-quote a part that holds dots, colons or spaces.';
    end if;
    for i in 1 .. count loop
        part := parts[i];
        if {{control}}._padded(part) then
            raise invalid_parameter_value using
                message = format('%s ''%s'' has white space around a name', what, name),
                hint = 'Take it away, or double-quote the name if it is part of it.';
        end if;
        if strpos(part, '"') > 0 then
            inner_text := substr(part, 2, length(part) - 2);
            if length(part) < 3 or left(part, 1) <> '"' or right(part, 1) <> '"'
                    or strpos(replace(inner_text, '""', ''), '"') > 0 then
                raise invalid_parameter_value using
                    message = format('''%s'' must be quoted as a whole', part),
                    hint = 'A double quote within a quoted part is written twice.';
            end if;
            parts[i] := replace(inner_text, '""', '"');
        end if;
    end loop;
    return parts;
end
$creek$;

create or replace function {{control}}._target(name text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $creek$
declare
    sides text[];
begin
    if name is null then
        raise null_value_not_allowed using
            message = '"table" must not be null',
            hint = 'Name a table of this database: target_namespace.target_table';
    end if;
    if length(name) > 1000 then
        raise invalid_parameter_value using message = '"table" is longer than any name can be';
    end if;
    sides := {{control}}._split(name, ':');
    if cardinality(sides) = 2 then
        raise invalid_parameter_value using
            message = format('target ''%s'' must be named without its source: %s', name, sides[2]),
            hint = format('Give ''%s'' alone.', sides[2]);
    end if;
    return {{control}}._name({{control}}._parts(name, 2, 'target', 'namespace.table'));
end
$creek$;

create or replace function {{control}}.apply_snapshot(topic text, "table" text, mode text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
declare
    names record := {{control}}._mapping("table");
begin
    if topic is null or length(topic) > 1000 or topic !~ '^[^[:space:].*>]+([.][^[:space:].*>]+)+$' then
        raise invalid_parameter_value using
            message = format('topic %s is not the name of a snapshot', coalesce('''' || topic || '''', 'null')),
            hint = 'creek-consumer list-snapshots shows the names: CREEK_snap_db.namespace.table.time_id of new'
                || ' producers, CREEK.db.snap.namespace.table.time_id of old ones.';
    end if;
    perform {{control}}._require_same_source(names.source, names.target);
    return {{control}}._submit('apply_snapshot', names.source, names.target, {{control}}._mode(mode), topic, null);
end
$creek$;

revoke all on function {{control}}._padded(text) from public;
