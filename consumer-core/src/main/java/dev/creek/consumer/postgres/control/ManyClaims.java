package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TableState.StoppedAt;
import dev.creek.consumer.postgres.position.HorizonSql;
import dev.creek.consumer.postgres.position.SubscriptionRows;
import dev.creek.consumer.postgres.session.Binding;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Failpoint;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The statements of {@link Claims} for many tables at once. They wait for no lock: rows that are
 * locked, or need a closer look, are left out.
 */
final class ManyClaims {
  private final Sessions sessions;
  private final SubscriptionTable subscriptions;
  private final InstanceSql instances;

  ManyClaims(Sessions sessions, SubscriptionTable subscriptions, InstanceSql instances) {
    this.sessions = sessions;
    this.subscriptions = subscriptions;
    this.instances = instances;
  }

  /** The state of a claimed table. */
  record Shown(Claim claim, TableState state) {}

  /** Takes those tables that nobody has, writes to, or takes a snapshot of. */
  Mono<Map<Mapping, Claim>> takeFree(List<Mapping> mappings) {
    Map<List<String>, Mapping> byNames = new HashMap<>();
    mappings.forEach(
        one -> byNames.put(List.of(one.target().toString(), one.source().toString()), one));
    Mono<List<Claim>> taking =
        sessions.use(
            "claim of %d tables".formatted(mappings.size()),
            session ->
                session
                    .query(
                        """
                            with free as (
                                select s.target
                                from %1$s s
                                join unnest($1::text[], $2::text[]) as wanted (target, topic)
                                  using (target, topic)
                                where s.active and (s.owner is null or s.owner = $3)
                                  and not exists (
                                      select from %2$s i
                                      where i.id <> $3 and s.target = any (i.snapshots) and %3$s)
                                for update of s skip locked)
                            update %1$s s
                            set epoch = epoch + 1, owner = $3, updated_at = now()
                            from free
                            where s.target = free.target
                            returning s.target, s.topic, epoch, ahead_until, skip_seqs, skip_stream, gap, schema_changes, %4$s, %5$s, %6$s
                            """
                            .formatted(
                                subscriptions.sqlName(),
                                instances.table(),
                                InstanceSql.alive("i"),
                                SubscriptionRows.POSITION,
                                HorizonSql.COLUMNS,
                                SubscriptionRows.FAILURE),
                        statement ->
                            statement
                                .bind(0, Binding.each(mappings, one -> one.target().toString()))
                                .bind(1, Binding.each(mappings, one -> one.source().toString()))
                                .bind(2, instances.id()),
                        row ->
                            claim(
                                row,
                                Objects.requireNonNull(
                                    byNames.get(List.of(text(row, "target"), text(row, "topic"))))))
                    .collectList());
    return Failpoint.AFTER_CLAIM
        .after(Failpoint.BEFORE_CLAIM.before(taking))
        .map(taken -> taken.stream().collect(Collectors.toMap(Claim::mapping, one -> one)));
  }

  /** Stores those whose rows are not locked; the answer is always true. */
  Mono<Map<Shown, Boolean>> report(List<Shown> all) {
    Map<String, Shown> byTarget = new HashMap<>();
    all.forEach(one -> byTarget.putIfAbsent(target(one), one));
    List<Shown> those = List.copyOf(byTarget.values());
    return sessions
        .use(
            "states of %d tables".formatted(those.size()),
            session ->
                session
                    .query(
                        """
                        with free as (
                            select s.target, told.*
                            from %1$s s
                            join unnest($1::text[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::text[])
                                as told (of_target, of_epoch, now_state, now_reason, now_hint, now_seq, now_stream)
                              on s.target = told.of_target and s.epoch = told.of_epoch
                            for update of s skip locked)
                        update %1$s s
                        set state = now_state, reason = now_reason, hint = now_hint, failed_seq = now_seq,
                            failed_stream = now_stream,
                            gap = case now_state when 'gap' then now_reason when 'streaming' then null else gap end,
                            updated_at = now()
                        from free
                        where s.target = free.target
                        returning s.target
                        """
                            .formatted(subscriptions.sqlName()),
                        statement ->
                            statement
                                .bind(0, Binding.each(those, ManyClaims::target))
                                .bind(
                                    1,
                                    those.stream()
                                        .map(one -> one.claim().epoch())
                                        .toArray(Long[]::new))
                                .bind(2, Binding.each(those, one -> one.state().name().stored()))
                                .bind(3, Binding.each(those, one -> one.state().shownReason()))
                                .bind(4, Binding.each(those, one -> one.state().hint()))
                                .bind(
                                    5,
                                    those.stream()
                                        .map(one -> one.state().stoppedAt())
                                        .map(at -> at == null ? null : at.sequence())
                                        .toArray(Long[]::new))
                                .bind(6, Binding.each(those, ManyClaims::stoppedIn)),
                        row -> Objects.requireNonNull(byTarget.get(text(row, "target"))))
                    .collectList())
        .map(stored -> stored.stream().collect(Collectors.toMap(one -> one, one -> true)));
  }

  private static String target(Shown one) {
    return one.claim().mapping().target().toString();
  }

  private static @Nullable String stoppedIn(Shown one) {
    StoppedAt at = one.state().stoppedAt();
    return at == null ? null : at.stream().created().toString();
  }

  static Claim claim(Readable row, Mapping mapping) {
    return new Claim(
        mapping,
        Objects.requireNonNull(row.get("epoch", Long.class)),
        SubscriptionRows.position(row),
        row.get("ahead_until", Instant.class),
        SubscriptionRows.skips(row),
        row.get("gap", String.class),
        HorizonSql.of(row),
        SubscriptionRows.failure(row),
        SubscriptionRows.schemaChanges(row));
  }

  private static String text(Readable row, String column) {
    return Objects.requireNonNull(row.get(column, String.class));
  }
}
