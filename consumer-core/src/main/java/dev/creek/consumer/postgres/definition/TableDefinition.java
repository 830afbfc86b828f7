package dev.creek.consumer.postgres.definition;

import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.postgres.session.SqlNames;
import io.r2dbc.spi.Readable;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A table's definition, as one side's catalog has it. */
record TableDefinition(
    String namespace,
    String name,
    boolean partitioned,
    @Nullable String comment,
    List<Column> columns,
    List<Constraint> constraints,
    List<Index> indexes) {
  /**
   * @param identity {@code a}, {@code d}, or empty
   * @param expression of its default, or that generates it
   * @param collation null if it is the type's
   * @param fresh whether it has just been added, or is to be: rows that are there hold NULL
   */
  record Column(
      String name,
      boolean notNull,
      String identity,
      boolean generated,
      String type,
      @Nullable String expression,
      @Nullable String comment,
      @Nullable String collation,
      @Nullable Sequence sequence,
      boolean fresh) {
    /** The column as a statement adds it that gives it name and type alone. */
    Column bare() {
      return new Column(name, false, "", false, type, null, null, null, null, true);
    }

    Column asFresh() {
      return new Column(
          name, notNull, identity, generated, type, expression, comment, collation, sequence, true);
    }

    Column with(SequenceValue value) {
      return new Column(
          name,
          notNull,
          identity,
          generated,
          type,
          expression,
          comment,
          collation,
          Objects.requireNonNull(sequence).with(value),
          fresh);
    }

    boolean isIdentity() {
      return !identity.isEmpty();
    }

    /** Tells whether its default is the next value of a sequence and nothing else. */
    boolean takesFromSequence() {
      return !isIdentity() && sequence != null && sequence.plain();
    }
  }

  /**
   * @param plain whether the column's default is its next value and nothing else
   * @param owned whether the column owns it
   * @param value null if it may not be read
   */
  record Sequence(
      String namespace,
      String name,
      String type,
      long increment,
      String options,
      boolean plain,
      boolean owned,
      @Nullable SequenceValue value) {
    String quoted() {
      return SqlNames.quoted(namespace, name);
    }

    Sequence with(SequenceValue read) {
      return new Sequence(namespace, name, type, increment, options, plain, owned, read);
    }
  }

  /** The state of a sequence. */
  record SequenceValue(long last, boolean called) {
    /** Tells whether a sequence would repeat values of this one. */
    boolean isAheadOf(SequenceValue other, long increment) {
      int order = increment > 0 ? Long.compare(last, other.last) : Long.compare(other.last, last);
      return order > 0 || (order == 0 && called && !other.called);
    }
  }

  /**
   * @param kind {@code c}, {@code u}, {@code x} or {@code f}
   * @param definition as {@code ADD CONSTRAINT} takes it; names another table if it is a foreign
   *     key
   * @param index its index
   * @param otherColumns those that a foreign key refers to
   * @param rest the definition of a foreign key behind the names; null if it begins in a way that
   *     is not known
   */
  record Constraint(
      String name,
      String kind,
      boolean validated,
      boolean deferrable,
      boolean deferred,
      String definition,
      @Nullable String index,
      List<String> columns,
      List<String> otherColumns,
      @Nullable String otherNamespace,
      @Nullable String otherTable,
      @Nullable String rest) {}

  /**
   * @param rest the definition from the access method on; null if it begins in a way that is not
   *     known
   */
  record Index(
      String name,
      boolean unique,
      boolean valid,
      boolean primary,
      boolean constrained,
      List<String> columns,
      @Nullable String rest) {}

  /** Empty if there is no such table. */
  static Mono<TableDefinition> read(Session session, String namespace, String table) {
    return session
        .query(
            DefinitionSql.TABLE,
            statement -> statement.bind(0, namespace).bind(1, table),
            row ->
                new TableDefinition(
                    namespace,
                    table,
                    DefinitionRows.is(row, "partitioned"),
                    row.get("comment", String.class),
                    List.of(),
                    List.of(),
                    List.of()))
        .next()
        .flatMap(
            found ->
                found
                    .rows(session, DefinitionSql.COLUMNS, DefinitionRows::column)
                    .flatMap(columns -> withValues(session, columns))
                    .flatMap(
                        columns ->
                            found
                                .rows(
                                    session, DefinitionSql.CONSTRAINTS, DefinitionRows::constraint)
                                .flatMap(
                                    constraints ->
                                        found
                                            .rows(
                                                session,
                                                DefinitionSql.INDEXES,
                                                DefinitionRows::index)
                                            .map(
                                                indexes ->
                                                    new TableDefinition(
                                                        namespace,
                                                        table,
                                                        found.partitioned,
                                                        found.comment,
                                                        columns,
                                                        constraints,
                                                        indexes)))));
  }

  private <T> Mono<List<T>> rows(Session session, String sql, Function<Readable, T> row) {
    return session
        .query(sql, statement -> statement.bind(0, namespace).bind(1, name), row)
        .collectList();
  }

  private static Mono<List<Column>> withValues(Session session, List<Column> columns) {
    return Flux.fromIterable(columns).concatMap(column -> withValue(session, column)).collectList();
  }

  private static Mono<Column> withValue(Session session, Column column) {
    Sequence sequence = column.sequence();
    if (sequence == null) {
      return Mono.just(column);
    }
    return session
        .query(
            "select last_value, is_called from " + sequence.quoted(),
            statement -> {},
            row ->
                new SequenceValue(
                    Objects.requireNonNull(row.get(0, Long.class)),
                    Boolean.TRUE.equals(row.get(1, Boolean.class))))
        .next()
        .map(column::with)
        .onErrorResume(e -> SqlErrors.isState("42501", e), e -> Mono.just(column));
  }

  /**
   * The same with columns that have just been added, or are to be.
   *
   * @param from has those that are still lacking
   */
  TableDefinition withFresh(Set<String> names, TableDefinition from) {
    Set<String> lacking = Set.copyOf(lacking(List.copyOf(names)));
    Stream<Column> own =
        columns.stream().map(column -> names.contains(column.name()) ? column.asFresh() : column);
    Stream<Column> more =
        from.columns.stream().filter(column -> lacking.contains(column.name())).map(Column::bare);
    List<Column> all = Stream.concat(own, more).toList();
    return new TableDefinition(namespace, name, partitioned, comment, all, constraints, indexes);
  }

  Optional<Column> column(String name) {
    return columns.stream().filter(column -> column.name().equals(name)).findFirst();
  }

  /** The columns of these that it does not have. */
  List<String> lacking(List<String> names) {
    Set<String> own = columns.stream().map(Column::name).collect(Collectors.toSet());
    return names.stream().filter(name -> !own.contains(name)).toList();
  }

  String quoted() {
    return SqlNames.quoted(namespace, name);
  }
}
