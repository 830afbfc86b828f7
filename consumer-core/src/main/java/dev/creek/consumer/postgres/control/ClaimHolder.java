package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.postgres.session.Session;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The state of a table's claim.
 *
 * @param owner the instance that claimed it last, if it is another one
 * @param ownerAlive whether that one is alive and serves
 * @param snapshotBy another live instance that takes a snapshot of it
 * @param writing the server process of another session that has a transaction open on it
 * @param stalled that process, if its client has let it wait for a while and may be the owner
 */
record ClaimHolder(
    @Nullable String owner,
    boolean ownerAlive,
    @Nullable String snapshotBy,
    @Nullable Integer writing,
    @Nullable Integer stalled) {
  /**
   * No step between two statements of one transaction takes this long, except in a stalled process.
   */
  private static final Duration STALLED_AFTER = Duration.ofSeconds(2);

  /** Empty if there is no such subscription. */
  static Mono<ClaimHolder> of(
      Session session, Mapping mapping, String subscriptions, InstanceSql instances) {
    return session
        .query(
            """
            select s.owner,
                   exists (select from %2$s i where i.id = s.owner and i.serving and %3$s) as alive,
                   (select min(i.id) from %2$s i
                    where i.id <> $2 and s.target = any (i.snapshots) and %3$s) as snapshot_by,
                   w.pid as writing,
                   case when w.idle then w.pid end as stalled
            from %1$s s
            left join %2$s o on o.id = s.owner
            left join lateral (
                select a.pid,
                       a.state like 'idle in transaction%%'
                       and a.state_change < clock_timestamp() - interval '%4$d milliseconds'
                       and a.xact_start < o.heartbeat_at + interval '%5$d milliseconds'
                       and a.usename = current_user
                       and a.application_name = current_setting('application_name') as idle
                from pg_locks l join pg_stat_activity a on a.pid = l.pid
                where l.locktype = 'transactionid' and l.granted and l.transactionid = s.xmax
            ) w on s.owner <> $2
            where s.target = $1
            """
                .formatted(
                    subscriptions,
                    instances.table(),
                    InstanceSql.alive("i"),
                    STALLED_AFTER.toMillis(),
                    Heartbeat.INTERVAL.toMillis()),
            statement -> statement.bind(0, mapping.target().toString()).bind(1, instances.id()),
            row -> of(row, instances.id()))
        .next();
  }

  private static ClaimHolder of(Readable row, String self) {
    String owner = row.get("owner", String.class);
    return new ClaimHolder(
        self.equals(owner) ? null : owner,
        Boolean.TRUE.equals(row.get("alive", Boolean.class)),
        row.get("snapshot_by", String.class),
        row.get("writing", Integer.class),
        row.get("stalled", Integer.class));
  }
}
