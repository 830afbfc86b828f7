package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.control.Heartbeat.Beat;
import dev.creek.consumer.postgres.control.Members.Present;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.stream.Rendezvous;
import dev.creek.consumer.stream.Replicas;
import java.util.Set;
import java.util.stream.Collectors;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code instances} in the control schema: the live instances, and the share of each. */
public final class PostgresReplicas implements Replicas {
  private static final Logger log = LoggerFactory.getLogger(PostgresReplicas.class);

  private final Sessions sessions;
  private final InstanceSql sql;
  private final Heartbeat heartbeat;

  public PostgresReplicas(Sessions sessions, InstanceSql sql, Heartbeat heartbeat) {
    this.sessions = sessions;
    this.sql = sql;
    this.heartbeat = heartbeat;
  }

  @Override
  public Flux<Share> shares(Publisher<?> until) {
    return heartbeat
        .serving(beats -> members(beats).takeUntilOther(until))
        .<Share>map(members -> new Rendezvous(sql.id(), members.ids(), members.grouping()))
        .onBackpressureLatest();
  }

  private Flux<Present> members(Flux<Beat> beats) {
    return Flux.defer(
        () -> {
          Members members = new Members(InstanceSql.DEAD_AFTER);
          return beats
              .map(beat -> members.after(beat, System.nanoTime()))
              .distinctUntilChanged()
              .doOnNext(this::logShares);
        });
  }

  private void logShares(Present now) {
    Set<String> present = now.ids();
    if (present.size() == 1) {
      log.info("This instance, {}, applies all tables", sql.id());
    } else {
      log.info(
          "This instance, {}, shares the tables with {}",
          sql.id(),
          present.stream()
              .filter(id -> !id.equals(sql.id()))
              .sorted()
              .collect(Collectors.joining(", ")));
    }
  }

  @Override
  public Flux<Instance> instances() {
    return sessions
        .use(
            "instances",
            sql::hint,
            session ->
                session.query(sql.list(), statement -> {}, InstanceSql::instance).collectList())
        .flatMapIterable(found -> found);
  }

  @Override
  public Mono<Boolean> mayServe() {
    return sessions.use(
        "instances",
        sql::hint,
        session ->
            session
                .query(
                    sql.mayServe(),
                    statement -> {},
                    row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
                .single());
  }

  @Override
  public <T> Flux<T> reserving(TargetTable target, Publisher<T> work) {
    return heartbeat.holding(
        target,
        beats ->
            beats
                .next()
                .thenMany(work)
                // Keeps the heartbeat for as long as the work goes on.
                .takeUntilOther(beats.ignoreElements()));
  }
}
