package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.session.Session;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import reactor.core.publisher.Mono;

/**
 * The foreign keys of the tables that are written together, as they were when each table was met
 * first. Not thread-safe.
 */
final class ForeignKeys {
  /**
   * The tables to which foreign keys of tables refer, also those of and to partitions. Parameter:
   * ids.
   */
  private static final String REFERENCES =
      """
      select t.id as from_id,
             coalesce(pg_partition_root(k.confrelid)::oid, k.confrelid)::int8 as to_id
      from unnest($1::int8[]) as t (id)
      join pg_constraint k
        on k.contype = 'f'
       and (k.conrelid = t.id::oid
            or k.conrelid in (select relid from pg_partition_tree(t.id::oid)))
      """;

  private final Map<Long, Set<Long>> references = new HashMap<>();

  private record Reference(long from, long to) {}

  /** Looks up those of tables that are new. */
  Mono<Void> learn(Mono<Session> session, List<GroupPart> parts) {
    Set<Long> unknown = new HashSet<>();
    for (GroupPart part : parts) {
      Long id = part.writer().targetId();
      if (id != null && !references.containsKey(id)) {
        unknown.add(id);
      }
    }
    if (unknown.isEmpty()) {
      return Mono.empty();
    }
    return session
        .flatMapMany(
            open ->
                open.query(
                    REFERENCES,
                    statement -> statement.bind(0, unknown.toArray(Long[]::new)),
                    row ->
                        new Reference(
                            Objects.requireNonNull(row.get("from_id", Long.class)),
                            Objects.requireNonNull(row.get("to_id", Long.class)))))
        .collectList()
        .doOnNext(
            found -> {
              unknown.forEach(id -> references.put(id, new HashSet<>()));
              found.forEach(
                  one ->
                      references.computeIfAbsent(one.from(), id -> new HashSet<>()).add(one.to()));
            })
        .then();
  }

  /** The parts with rows that foreign keys tie to those of other parts. */
  List<GroupPart> tied(List<GroupPart> parts) {
    Map<Long, GroupPart> byId = new LinkedHashMap<>();
    for (GroupPart part : parts) {
      Long id = part.writer().targetId();
      if (id != null && !part.staged().isEmpty()) {
        byId.put(id, part);
      }
    }
    Set<Long> tied = new HashSet<>();
    byId.forEach(
        (id, part) -> {
          for (Long other : references.getOrDefault(id, Set.of())) {
            if (!other.equals(id) && byId.containsKey(other)) {
              tied.add(id);
              tied.add(other);
            }
          }
        });
    List<GroupPart> found = new ArrayList<>(tied.size());
    byId.forEach(
        (id, part) -> {
          if (tied.contains(id)) {
            found.add(part);
          }
        });
    return found;
  }
}
