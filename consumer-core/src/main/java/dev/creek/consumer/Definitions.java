package dev.creek.consumer;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DefinitionDifference;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaCopy;
import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaPart;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.postgres.PostgresTarget;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;

/** Tables' definitions in the catalog of their source, as {@link Tables} offers them. */
final class Definitions {
  private static final Set<SchemaPart> ALL = Set.of(SchemaPart.values());

  private final Servers servers;

  Definitions(Servers servers) {
    this.servers = servers;
  }

  Flux<SchemaCopy> copy(List<Mapping> mappings, DatabaseOptions source, Set<SchemaPart> parts) {
    return copy(mappings, source, parts, Map.of());
  }

  Flux<SchemaCopy> copy(Map<Mapping, List<SchemaDifference>> ended, DatabaseOptions source) {
    return copy(List.copyOf(ended.keySet()), source, ALL, fresh(ended));
  }

  private Flux<SchemaCopy> copy(
      List<Mapping> mappings,
      DatabaseOptions source,
      Set<SchemaPart> parts,
      Map<Mapping, Set<String>> fresh) {
    return of(
        mappings, (db, others) -> db.definitions().copy(mappings, source, parts, others, fresh));
  }

  Flux<DefinitionDifference> differences(
      Map<Mapping, List<SchemaDifference>> planned, DatabaseOptions source) {
    List<Mapping> mappings = List.copyOf(planned.keySet());
    return of(
        mappings,
        (db, others) -> db.definitions().plan(mappings, source, ALL, others, fresh(planned)));
  }

  /**
   * @param work with other tables that foreign keys may refer to
   */
  private <T> Flux<T> of(
      List<Mapping> mappings, BiFunction<PostgresTarget, List<Mapping>, Flux<T>> work) {
    if (mappings.stream().map(mapping -> mapping.source().database()).distinct().count() > 1) {
      throw new IllegalArgumentException(
          "the tables come from several source databases, and one is named");
    }
    return servers
        .database()
        .flatMapMany(
            db ->
                db.subscriptions()
                    .all()
                    .filter(Subscription::active)
                    .map(Subscription::mapping)
                    .collectList()
                    .flatMapMany(others -> work.apply(db, others)));
  }

  private static Map<Mapping, Set<String>> fresh(Map<Mapping, List<SchemaDifference>> ended) {
    return ended.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, table -> addedBy(table.getValue())));
  }

  private static Set<String> addedBy(Collection<SchemaDifference> differences) {
    return differences.stream()
        .filter(difference -> difference.kind() == SchemaDifference.Kind.COLUMN_ADDED)
        .map(SchemaDifference::column)
        .collect(Collectors.toSet());
  }
}
