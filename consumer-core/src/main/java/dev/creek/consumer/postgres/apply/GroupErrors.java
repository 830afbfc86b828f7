package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.postgres.apply.GroupPart.PartFailure;
import dev.creek.consumer.postgres.session.Refusal;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.postgres.session.SqlHints;
import dev.creek.consumer.stream.PartException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Finds the table that is the cause of a group's error, if one is. */
final class GroupErrors {
  private static final Logger log = LoggerFactory.getLogger(GroupErrors.class);

  /**
   * Classes of states that tell nothing about a table: connection, login, rollback of the
   * transaction (deadlock), resources, operator intervention, system error.
   */
  private static final Set<String> NOBODYS = Set.of("08", "28", "40", "53", "57", "58");

  private static final String STATEMENT_TIMEOUT = "57014";
  private static final String READ_ONLY = "25006";

  /** Tables that a text names. */
  private static final int NAMED = 3;

  /**
   * Tables that an error of COMMIT may mean, by their ids: the one that it names, or of which that
   * is a partition; then the one to which its foreign key refers. Parameters: schema, table,
   * constraint.
   */
  private static final String MEANT =
      """
      with named as (
          select c.oid
          from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = $1 and c.relname = $2
      ), meant as (
          select oid, 1 as n from named
          union all
          select k.confrelid, 2
          from named join pg_constraint k on k.conrelid = named.oid
          where k.conname = $3 and k.contype = 'f'
      )
      select coalesce(pg_partition_root(oid)::oid, oid)::int8
      from meant
      order by n
      """;

  private final Sessions sessions;

  GroupErrors(Sessions sessions) {
    this.sessions = sessions;
  }

  /** The error of a batch of this part alone, as its writer described it. */
  static Throwable of(GroupPart part, Throwable described) {
    return isNobodys(described) ? described : new PartException(part.writer(), described);
  }

  /**
   * The error in the form for callers. The look uses a separate session; the caller has released
   * what the failed transaction held.
   *
   * @param parts of the last call
   */
  Mono<RuntimeException> described(Throwable error, List<GroupPart> parts) {
    if (error instanceof PartFailure failure) {
      GroupPart part = failure.part();
      return part.writer()
          .described(failure.error(), part.ready())
          .map(
              described ->
                  isNobodys(described) ? described : new PartException(part.writer(), described));
    }
    return meant(error, parts)
        .flatMap(
            part ->
                part.writer()
                    .describedAtCommit(error, part.ready())
                    .<RuntimeException>map(it -> new PartException(part.writer(), it)))
        .switchIfEmpty(
            Mono.fromCallable(
                () -> SqlErrors.described(error, names(parts), sessions.place(), SqlHints.NONE)));
  }

  /** Tells whether a refusal of the server is one table's, of which it is not known yet. */
  static boolean isSomebodys(Throwable error) {
    Refusal refusal = SqlErrors.refusal(error);
    return refusal != null && !isNobodys(refusal.sqlState());
  }

  private static boolean isNobodys(Throwable error) {
    return error instanceof DatabaseException e && isNobodys(e.sqlState());
  }

  private static boolean isNobodys(String state) {
    return state.equals(READ_ONLY)
        || (NOBODYS.contains(state.substring(0, Math.min(2, state.length())))
            && !state.equals(STATEMENT_TIMEOUT));
  }

  /** The part that an error of COMMIT means; empty if it names none. */
  private Mono<GroupPart> meant(Throwable error, List<GroupPart> parts) {
    Refusal refusal = SqlErrors.refusal(error);
    return refusal == null || refusal.table() == null || isNobodys(refusal.sqlState())
        ? Mono.empty()
        : sessions
            .use("explanation of an error", session -> ids(session, refusal))
            .onErrorResume(
                e -> {
                  log.debug("the table of an error was not found", e);
                  return Mono.empty();
                })
            .flatMap(ids -> Mono.justOrEmpty(first(ids, parts)));
  }

  private static Mono<List<Long>> ids(Session session, Refusal refusal) {
    return session
        .query(
            MEANT,
            statement ->
                statement
                    .bind(0, Objects.requireNonNullElse(refusal.namespace(), ""))
                    .bind(1, Objects.requireNonNull(refusal.table()))
                    .bind(2, Objects.requireNonNullElse(refusal.constraint(), "")),
            row -> Objects.requireNonNull(row.get(0, Long.class)))
        .collectList();
  }

  private static @Nullable GroupPart first(List<Long> ids, List<GroupPart> parts) {
    for (Long id : ids) {
      for (GroupPart part : parts) {
        if (id.equals(part.writer().targetId())) {
          return part;
        }
      }
    }
    return null;
  }

  private static String names(List<GroupPart> parts) {
    String named =
        parts.stream().limit(NAMED).map(GroupPart::target).collect(Collectors.joining(", "));
    int more = parts.size() - NAMED;
    return more > 0 ? named + " and " + more + " more" : named;
  }
}
