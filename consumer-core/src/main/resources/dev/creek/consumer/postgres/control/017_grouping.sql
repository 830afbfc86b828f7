-- How each service groups tables: while any of them groups by database, all share by database, so that they agree on whose a table is.
alter table {{control}}.instances
    add column if not exists grouping text;

comment on column {{control}}.instances.grouping is 'the tables that it applies together: table or database; null: a version that does not tell';
