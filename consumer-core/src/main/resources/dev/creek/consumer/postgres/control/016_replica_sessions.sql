-- A service with --session-replication-role=replica writes here in sessions in which ordinary triggers do not fire.
alter table {{control}}.incompleteness enable always trigger creek_show_incompleteness;
alter table {{control}}.subscriptions
    enable always trigger creek_begin_incomplete,
    enable always trigger creek_forget_target;
