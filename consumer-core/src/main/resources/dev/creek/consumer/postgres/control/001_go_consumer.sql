-- The tables as the Go consumer creates them: a database that it has used already has them, and it
-- can go on from a row that we leave.
create table if not exists {{control}}.subscriptions (
    topic     text,
    target    text,
    lsn       pg_lsn,
    timestamp timestamptz,
    active    bool,
    constraint pk_creek_subscriptions primary key (target)
);

create table if not exists {{control}}._notification_log (
    timestamp timestamptz default now(),
    command   text,
    status    text,
    constraint pk_creek_notification_log primary key (timestamp)
);
