-- Commands can be cancelled: one that nobody has begun ends at once, one that runs is ended by the service that has it.

alter table {{control}}._notification_log
    add column if not exists cancelled_at timestamptz,
    add column if not exists cancelled_by text;

comment on column {{control}}._notification_log.status is 'queued, running, ok, cancelled, or the error';
comment on column {{control}}._notification_log.cancelled_at is 'when somebody asked for it to be cancelled';
comment on column {{control}}._notification_log.cancelled_by is 'the role that did';

create or replace function {{control}}.cancel(id bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $creek$
declare
    seen record;
begin
    if id is null then
        raise null_value_not_allowed using
            message = 'id must not be null',
            hint = format('select id, command, status from %I._notification_log; shows what there is.', {{control-literal}});
    end if;
    select l.finished_at, l.verb, l.status = 'running' and l.lease_until >= clock_timestamp() as held into seen
    from {{control}}._notification_log l
    where l.id = cancel.id
    for update;
    if not found then
        raise no_data_found using
            message = format('there is no command %s', id),
            hint = format('select id, command, status from %I._notification_log; shows what there is.', {{control-literal}});
    end if;
    if seen.finished_at is not null or seen.verb is null then
        return false;
    end if;
    update {{control}}._notification_log l
    set cancelled_at = coalesce(l.cancelled_at, clock_timestamp()),
        cancelled_by = coalesce(l.cancelled_by, session_user)
    where l.id = cancel.id;
    if not coalesce(seen.held, false) then
        update {{control}}._notification_log l
        set status = 'cancelled',
            finished_at = clock_timestamp(),
            lease_until = null,
            detail = format(
                'by %s, %s', l.cancelled_by,
                case when l.started_at is null then 'before it was begun' else 'while no service had it' end)
        where l.id = cancel.id;
    end if;
    perform pg_notify('creek_consumer', '');
    return true;
end
$creek$;

revoke all on function {{control}}.cancel(bigint) from public;

comment on function {{control}}.cancel(bigint) is 'End a command that waits or runs, and leave its table as it was; false where it has ended already';
