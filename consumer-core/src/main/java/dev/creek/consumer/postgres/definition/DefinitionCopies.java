package dev.creek.consumer.postgres.definition;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DefinitionDifference;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaCopy;
import dev.creek.consumer.api.SchemaCopy.Outcome;
import dev.creek.consumer.api.SchemaPart;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.definition.Step.Create;
import dev.creek.consumer.postgres.definition.Step.Impossible;
import dev.creek.consumer.postgres.definition.Step.LeftOut;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlHints;
import dev.creek.consumer.text.ErrorWords;
import dev.creek.consumer.text.Remedy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Copies parts of tables' definitions from their source. Thread-safe. */
public final class DefinitionCopies {
  private static final String TABLE = "table";

  private final DatabaseOptions options;

  /**
   * @param options the target database
   */
  public DefinitionCopies(DatabaseOptions options) {
    this.options = options;
  }

  /**
   * Creates what the target's tables lack of these parts, one after the other, foreign keys after
   * everything else of all tables. What is there stays as it is, but for sequences that are behind
   * the source's. A part that fails does not keep the others from being created.
   *
   * @param source the database of all of the mappings' source tables
   * @param subscribed other tables of the target that foreign keys may refer to
   * @param fresh columns of tables that have just been added: their NOT NULL is left out
   * @return what became of each part; errors with {@link DatabaseException} if a server cannot be
   *     used
   */
  public Flux<SchemaCopy> copy(
      List<Mapping> mappings,
      DatabaseOptions source,
      Set<SchemaPart> parts,
      List<Mapping> subscribed,
      Map<Mapping, Set<String>> fresh) {
    return each(mappings, source, parts, subscribed, fresh, DefinitionCopies::run);
  }

  /**
   * The steps of {@link #copy}, in its order, with those that it would leave out; changes nothing.
   *
   * @param fresh columns of tables that are added before
   * @return errors with {@link DatabaseException} if a server cannot be used
   */
  public Flux<DefinitionDifference> plan(
      List<Mapping> mappings,
      DatabaseOptions source,
      Set<SchemaPart> parts,
      List<Mapping> subscribed,
      Map<Mapping, Set<String>> fresh) {
    return each(
        mappings,
        source,
        parts,
        subscribed,
        fresh,
        (both, mapping, steps) ->
            Flux.fromIterable(steps).mapNotNull(step -> DefinitionPlan.difference(mapping, step)));
  }

  /** What is done with the steps of a table. */
  private interface Use<T> {
    Flux<T> of(Both both, Mapping mapping, List<Step> steps);
  }

  private <T> Flux<T> each(
      List<Mapping> mappings,
      DatabaseOptions source,
      Set<SchemaPart> parts,
      List<Mapping> subscribed,
      Map<Mapping, Set<String>> fresh,
      Use<T> use) {
    return Flux.usingWhen(
        // Certificates are read from files.
        Mono.fromSupplier(
                () -> new Both(new Sessions(source), new Sessions(options.forScans()), fresh))
            .subscribeOn(Schedulers.boundedElastic()),
        both ->
            Flux.concat(
                Flux.fromIterable(mappings).concatMap(mapping -> own(both, mapping, parts, use), 1),
                parts.contains(SchemaPart.CONSTRAINTS)
                    ? foreignKeys(both, mappings, subscribed, use)
                    : Flux.empty()),
        Both::close);
  }

  /** The parts of one table alone. */
  private <T> Flux<T> own(Both both, Mapping mapping, Set<SchemaPart> parts, Use<T> use) {
    return both.tables(mapping)
        .map(tables -> own(both, mapping, tables, parts, use))
        .switchIfEmpty(
            Mono.defer(
                () -> missing(both, mapping).map(step -> use.of(both, mapping, List.of(step)))))
        .flatMapMany(done -> done);
  }

  private <T> Flux<T> own(
      Both both, Mapping mapping, Tables tables, Set<SchemaPart> parts, Use<T> use) {
    boolean concurrently = options.pooler().keepsSessions();
    TableDefinition from = tables.source();
    TableDefinition own = tables.target();
    return Flux.concat(
        use.of(both, mapping, ColumnSteps.of(from, own, parts)),
        use.of(both, mapping, IndexSteps.of(from, own, parts, concurrently)));
  }

  private static Mono<Step> missing(Both both, Mapping mapping) {
    return both.ofTarget(mapping)
        .<Step>map(there -> new Impossible(TABLE, "the source has no such table"))
        .defaultIfEmpty(
            new Impossible(
                TABLE,
                "the target table does not exist; to create it: "
                    + Remedy.command("create-schemas", mapping)));
  }

  private static <T> Flux<T> foreignKeys(
      Both both, List<Mapping> mappings, List<Mapping> subscribed, Use<T> use) {
    List<Mapping> followed = Stream.concat(mappings.stream(), subscribed.stream()).toList();
    return existing(both, followed.stream().map(Mapping::target).distinct().toList())
        .flatMapMany(
            existing ->
                Flux.fromIterable(mappings)
                    .concatMap(
                        mapping ->
                            both.tables(mapping)
                                .flatMapMany(
                                    tables ->
                                        use.of(
                                            both,
                                            mapping,
                                            new ForeignKeySteps(
                                                    mapping, tables.target(), followed, existing)
                                                .of(tables.source()))),
                        1));
  }

  private static Mono<Set<TargetTable>> existing(Both both, List<TargetTable> tables) {
    return both.target()
        .use(
            "tables of the target",
            SqlHints.NONE,
            session ->
                session
                    .query(
                        DefinitionSql.EXISTING,
                        statement ->
                            statement
                                .bind(
                                    0,
                                    tables.stream()
                                        .map(TargetTable::namespace)
                                        .toArray(String[]::new))
                                .bind(
                                    1,
                                    tables.stream().map(TargetTable::table).toArray(String[]::new)),
                        row ->
                            new TargetTable(
                                Objects.requireNonNull(row.get("namespace", String.class)),
                                Objects.requireNonNull(row.get("table", String.class))))
                    .collectList())
        .map(HashSet::new);
  }

  private static Flux<SchemaCopy> run(Both both, Mapping mapping, List<Step> steps) {
    var runner = new StepRunner(both.target());
    return Flux.fromIterable(new ArrayList<>(steps))
        .concatMap(step -> run(runner, mapping, step), 1);
  }

  private static Mono<SchemaCopy> run(StepRunner runner, Mapping mapping, Step step) {
    if (step instanceof Create create) {
      return runner
          .run(mapping.target().toString(), create)
          .thenReturn(copy(mapping, step, Outcome.CREATED, create.remark(), null))
          .onErrorResume(
              DatabaseException.class,
              e ->
                  e.unreachable()
                      ? Mono.error(e)
                      : Mono.just(
                          copy(
                              mapping,
                              step,
                              Outcome.FAILED,
                              ErrorWords.described(e),
                              Step.sql(create.works()))));
    }
    return Mono.just(withoutWork(mapping, step));
  }

  private static SchemaCopy withoutWork(Mapping mapping, Step step) {
    if (step instanceof LeftOut left) {
      return copy(mapping, step, Outcome.LEFT_OUT, left.reason(), Step.sql(left.works()));
    }
    return step instanceof Impossible impossible
        ? copy(mapping, step, Outcome.FAILED, impossible.reason(), null)
        : copy(mapping, step, Outcome.EXISTS, null, null);
  }

  private static SchemaCopy copy(
      Mapping mapping, Step step, Outcome outcome, @Nullable String reason, @Nullable String sql) {
    return new SchemaCopy(mapping, step.what(), outcome, reason, sql);
  }

  /** A table's definitions. */
  private record Tables(TableDefinition source, TableDefinition target) {}

  /**
   * Connections to both sides.
   *
   * @param fresh columns that targets are taken to have got just now
   */
  private record Both(Sessions source, Sessions target, Map<Mapping, Set<String>> fresh) {
    /** Empty if one of them does not exist. */
    Mono<Tables> tables(Mapping mapping) {
      return source
          .use(
              "definition of " + mapping.source(),
              session ->
                  TableDefinition.read(
                      session, mapping.source().namespace(), mapping.source().table()))
          .flatMap(
              from ->
                  ofTarget(mapping)
                      .map(
                          own ->
                              new Tables(
                                  from,
                                  own.withFresh(fresh.getOrDefault(mapping, Set.of()), from))));
    }

    Mono<TableDefinition> ofTarget(Mapping mapping) {
      return target.use(
          "definition of " + mapping.target(),
          session ->
              TableDefinition.read(
                  session, mapping.target().namespace(), mapping.target().table()));
    }

    Mono<Void> close() {
      return Mono.when(source.close(), target.close());
    }
  }
}
