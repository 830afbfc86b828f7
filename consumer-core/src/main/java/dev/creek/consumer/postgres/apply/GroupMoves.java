package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.postgres.position.PositionsSql;
import dev.creek.consumer.postgres.position.PositionsSql.Moved;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.stream.TableWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Moves the positions of tables without changes. */
final class GroupMoves {
  private final Sessions sessions;

  GroupMoves(Sessions sessions) {
    this.sessions = sessions;
  }

  /** Returns the writers whose claims hold; closes the others, and all of them after an error. */
  Mono<List<TableWriter>> move(Map<TableWriter, Position> positions) {
    if (positions.isEmpty()) {
      return Mono.just(List.of());
    }
    Map<PostgresTableWriter, Position> given = new LinkedHashMap<>();
    positions.forEach((writer, to) -> given.put((PostgresTableWriter) writer, to));
    return Flux.fromIterable(given.keySet())
        .concatMap(PostgresTableWriter::requireOpen, 0)
        .then(
            sessions.use(
                "positions of " + given.size() + " tables",
                session -> held(session, given).collect(Collectors.toSet())))
        .flatMap(held -> settled(given, held))
        .onErrorResume(
            e ->
                Flux.fromIterable(given.keySet())
                    .concatMap(PostgresTableWriter::close, 0)
                    .then(Mono.error(e)));
  }

  /** One statement, and one for each table that stores more than a position. */
  private static Flux<String> held(Session session, Map<PostgresTableWriter, Position> given) {
    Map<Boolean, List<Moved>> moved =
        given.entrySet().stream()
            .map(one -> one.getKey().moved(one.getValue()))
            .collect(Collectors.partitioningBy(Moved::isPlain));
    List<Moved> plain = Objects.requireNonNull(moved.get(true));
    Flux<String> together =
        plain.isEmpty()
            ? Flux.empty()
            : session.query(
                PositionsSql.update(plain) + " returning target",
                statement -> PositionsSql.bind(statement, plain),
                row -> Objects.requireNonNull(row.get(0, String.class)));
    return together.concatWith(
        Flux.fromIterable(Objects.requireNonNull(moved.get(false)))
            .concatMap(one -> alone(session, one), 0));
  }

  private static Mono<String> alone(Session session, Moved one) {
    return session
        .update(
            one.position().update(one.advance()),
            statement -> one.position().bind(statement, one.advance()))
        .filter(rows -> rows == 1)
        .map(rows -> one.position().target().toString());
  }

  private static Mono<List<TableWriter>> settled(
      Map<PostgresTableWriter, Position> given, Set<String> held) {
    Map<Boolean, List<PostgresTableWriter>> writers =
        given.keySet().stream()
            .collect(Collectors.partitioningBy(writer -> held.contains(writer.targetName())));
    List<PostgresTableWriter> moved = Objects.requireNonNull(writers.get(true));
    return Flux.fromIterable(Objects.requireNonNull(writers.get(false)))
        .concatMap(PostgresTableWriter::close, 0)
        .then(
            Mono.fromCallable(
                () -> {
                  moved.forEach(
                      writer -> writer.nowCommitted(Objects.requireNonNull(given.get(writer))));
                  return List.<TableWriter>copyOf(moved);
                }));
  }
}
