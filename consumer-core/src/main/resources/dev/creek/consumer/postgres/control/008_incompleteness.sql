-- Marks: why a table's rows may differ from its source's although nothing has failed. One row a cause, so that each is
-- told with its own beginning, and is set and taken away by itself.
create table if not exists {{control}}.incompleteness (
    target text        not null,
    cause  text        not null,
    detail text        not null default '',
    reason text        not null,
    since  timestamptz not null default clock_timestamp(),
    constraint pk_creek_incompleteness primary key (target, cause, detail)
);

comment on table {{control}}.incompleteness is 'Why the rows of a target table may differ from its source''s; a clean snapshot or a verify that finds them equal clears it';
comment on column {{control}}.incompleteness.cause is 'no_snapshot, forced, skipped, missed_rows, recreated, column, thin_snapshot or unproven';
comment on column {{control}}.incompleteness.detail is 'which column, which stream sequence; empty where there is nothing to tell apart';

-- The table that a position belongs to, as it was when it was last written: another one of the same name is another table. Apart
-- from subscriptions, whose rows are written with each commit and must stay short.
create table if not exists {{control}}.known_targets (
    target  text    not null,
    oid     bigint  not null,
    files   text[]  not null,
    filled  boolean not null,
    columns text[]  not null,
    constraint pk_creek_known_targets primary key (target)
);

comment on table {{control}}.known_targets is 'Target tables as they were when they were last written, to notice that others have replaced or emptied them';
comment on column {{control}}.known_targets.files is 'oid and file number of the table, or of each of its partitions';
comment on column {{control}}.known_targets.filled is 'whether it has held rows';
comment on column {{control}}.known_targets.columns is 'number and name of the columns that the changes carry';

alter table {{control}}.subscriptions
    add column if not exists incomplete       text,
    add column if not exists incomplete_since timestamptz;

comment on column {{control}}.subscriptions.incomplete is 'why the rows may differ from the source''s, from incompleteness; null: nothing is known that says so';

-- Whoever may write marks need not be whoever may write subscriptions, and the other way round: these run as their owner.
create or replace function {{control}}._show_incompleteness() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
declare
    changed text := case tg_op when 'DELETE' then old.target else new.target end;
begin
    update {{control}}.subscriptions s
    set incomplete = marks.reasons, incomplete_since = marks.since
    from (select left(string_agg(i.reason, '; ' order by i.since, i.cause, i.detail), 1000) as reasons,
                 min(i.since) as since
          from {{control}}.incompleteness i
          where i.target = changed) as marks
    where s.target = changed;
    -- Running services look: they log it, and tell it to whoever measures.
    perform pg_notify('creek_consumer', '');
    return null;
end
$creek$;

-- Whoever begins to follow a table cannot know that its rows are the source's. A snapshot proves it, not the one who asks for it.
create or replace function {{control}}._begin_incomplete() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
begin
    insert into {{control}}.incompleteness (target, cause, reason)
    values (new.target, 'no_snapshot',
            'followed without a snapshot: rows that the source had before are missing')
    on conflict do nothing;
    return null;
end
$creek$;

create or replace function {{control}}._forget_target() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
begin
    delete from {{control}}.incompleteness where target = old.target;
    delete from {{control}}.known_targets where target = old.target;
    return null;
end
$creek$;

drop trigger if exists creek_show_incompleteness on {{control}}.incompleteness;
create trigger creek_show_incompleteness after insert or update or delete on {{control}}.incompleteness
    for each row execute function {{control}}._show_incompleteness();

drop trigger if exists creek_begin_incomplete on {{control}}.subscriptions;
create trigger creek_begin_incomplete after insert on {{control}}.subscriptions
    for each row execute function {{control}}._begin_incomplete();

drop trigger if exists creek_forget_target on {{control}}.subscriptions;
create trigger creek_forget_target after delete on {{control}}.subscriptions
    for each row execute function {{control}}._forget_target();

revoke all on all routines in schema {{control}} from public;

-- What was never applied has had no snapshot. Of others it is not known.
insert into {{control}}.incompleteness (target, cause, reason)
select s.target, 'no_snapshot', 'followed without a snapshot: rows that the source had before are missing'
from {{control}}.subscriptions s
where s.stream_seq is null and (s."timestamp" is null or s."timestamp" < '0002-01-01 00:00:00+00')
on conflict do nothing;

-- Who works with subscriptions already works with these as well, so that a service that may not grant goes on.
do $creek$
declare
    granted record;
begin
    for granted in
        select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as role,
               a.privilege_type = 'UPDATE' as writes
        from pg_class c cross join lateral aclexplode(c.relacl) as a
        where c.oid = to_regclass(format('%I.subscriptions', {{control-literal}}))
          and a.grantee <> c.relowner and a.privilege_type in ('SELECT', 'UPDATE')
    loop
        execute format(
            'grant %s on %I.incompleteness, %I.known_targets to %s',
            case when granted.writes then 'select, insert, update, delete' else 'select' end,
            {{control-literal}}, {{control-literal}}, granted.role);
    end loop;
end
$creek$;
