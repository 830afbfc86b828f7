-- What is stored of a table is what its service said last, and one that is killed says nothing more. Whether it is there, the
-- server knows: a process that has ended has no session. These two views tell it to whoever asks; nothing is written for them.

create or replace view {{control}}.presence as
select i.id, i.host, i.process, i.version, i.page, i.serving, i.snapshots, i.started_at, i.heartbeat_at,
       clock_timestamp() - i.heartbeat_at as silent_for,
       case
           when not case
                        -- Behind a pooler nobody sees the end of a session: then silence must do.
                        when i.session_pid is null
                            then i.heartbeat_at > clock_timestamp() - interval '1 minute'
                        -- Another role's sessions do not tell their start. Their number may be somebody else's one day.
                        else exists (select from pg_stat_activity a
                                     where a.pid = i.session_pid
                                       and (a.backend_start = i.session_started
                                            or a.backend_start is null
                                               and i.heartbeat_at > clock_timestamp() - interval '10 minutes'))
                    end
               -- One whose connection broke makes another within moments.
               then case when i.heartbeat_at > clock_timestamp() - interval '10 seconds' then 'lost' else 'gone' end
           when i.heartbeat_at > clock_timestamp() - interval '5 seconds' then 'there'
           else 'late'
       end as presence
from {{control}}.instances i;

comment on view {{control}}.presence is 'Processes of creek-consumer, and whether each is at work';
comment on column {{control}}.presence.presence is 'there; late: connected, but it has not shown itself for 5 s, so it is slow or stopped; lost: its connection has just ended; gone';

create or replace view {{control}}.status as
select s.topic as source, s.target, coalesce(s.active, false) as active,
       case
           when not coalesce(s.active, false) then 'inactive'
           when s.state in ('failed', 'gap') or i.presence = 'there' then s.state
           when i.presence in ('late', 'lost') then 'unknown'
           else 'waiting'
       end as state,
       case
           when not coalesce(s.active, false) or s.state in ('failed', 'gap') or i.presence = 'there' then s.reason
           when i.presence in ('late', 'lost')
               then format('%s:%s, which has the table, has not shown itself for %s s; it said last: %s',
                           i.host, i.process, extract(epoch from i.silent_for)::int, concat_ws(', ', s.state, s.reason))
           when exists (select from {{control}}.presence p where p.serving and p.presence in ('there', 'late', 'lost'))
               then case when s.owner is null then s.reason
                         else 'the process that had the table is gone, and another one has not taken it over yet' end
           else 'no service is connected to this database that would apply its changes'
                || coalesce('; the one that had the table showed itself last at '
                            || to_char(i.heartbeat_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), '')
       end as reason,
       case
           when not coalesce(s.active, false) or s.state in ('failed', 'gap') or i.presence = 'there' or s.owner is null then s.hint
       end as hint,
       case when i.presence = 'there' then s.lag end as lag,
       i.heartbeat_at as seen_at,
       case when i.presence in ('there', 'late', 'lost') then i.host || ':' || i.process end as instance,
       s.rows_applied, s.last_change_at, s.incomplete, s.incomplete_since
from {{control}}.subscriptions s left join {{control}}.presence i on i.id = s.owner;

comment on view {{control}}.status is 'Subscriptions as they are now: of one whose service is not there, that instead of what it said last';
comment on column {{control}}.status.state is 'as in subscriptions, or unknown: the service that has the table is connected, but has not shown itself for a while';
comment on column {{control}}.status.lag is 'age of the oldest change that is not applied yet; null where nobody knows it';
comment on column {{control}}.status.seen_at is 'when the service that has the table, or had it last, showed itself; null where that is not known any more';
comment on column {{control}}.status.instance is 'the process that has the table; null where none has';

comment on column {{control}}.subscriptions.state is 'what the service that has the table said last; the view status tells whether it is there';
comment on column {{control}}.subscriptions.lag is 'age of the oldest change that is not applied yet, in whole seconds, as a running service saw it last; the view status tells whether it is there';

-- Whoever may read what is stored may read what is known of it.
do $creek$
declare
    granted record;
begin
    for granted in
        select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as role
        from pg_class c cross join lateral aclexplode(c.relacl) as a
        where c.oid = to_regclass(format('%I.subscriptions', {{control-literal}}))
          and a.grantee <> c.relowner and a.privilege_type = 'SELECT'
    loop
        execute format('grant select on %I.presence, %I.status to %s', {{control-literal}}, {{control-literal}}, granted.role);
    end loop;
end
$creek$;
