package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.postgres.catalog.RefusalSql;
import dev.creek.consumer.postgres.catalog.TableHints;
import dev.creek.consumer.postgres.session.Binding;
import dev.creek.consumer.postgres.session.Refusal;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.Retype;
import dev.creek.consumer.row.TargetColumn;
import dev.creek.consumer.row.UniqueKey;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Finds out why PostgreSQL has refused a batch, and what to run: the catalog and a second look at
 * the values add what its message lacks. Needs no privileges except to read the catalog.
 */
final class RefusedWrite {
  private static final String INVALID_TEXT = "22P02";

  private final Session session;
  private final Refusal refusal;
  private final WriteAttempt attempt;
  private final TableHints hints;

  /**
   * @param session one that is in no transaction
   */
  RefusedWrite(Session session, Refusal refusal, WriteAttempt attempt, TableHints hints) {
    this.session = session;
    this.refusal = refusal;
    this.attempt = attempt;
    this.hints = hints;
  }

  /**
   * Additional knowledge about the error.
   *
   * @param where put after the server's message: the column, or the function
   * @param hint the statement to run, first, and alternatives
   * @param refused the column that could not hold a value; null if there is none
   */
  record Explained(String where, String hint, @Nullable RefusedValue refused) {
    Explained(String where, String hint) {
      this(where, hint, null);
    }

    static Explained by(String hint) {
      return new Explained("", hint);
    }
  }

  /** Empty if nothing is known. */
  Mono<Explained> explain() {
    return (refusal.context().isEmpty() ? Mono.<Explained>empty() : function())
        .switchIfEmpty(Mono.defer(this::byState));
  }

  private Mono<Explained> byState() {
    return switch (refusal.sqlState()) {
      case "23502" -> Mono.defer(this::notNull);
      case "23503" -> Mono.defer(this::foreignKey);
      case "23505" -> constraint().map(it -> Explained.by(unique(it)));
      case "23514" -> Mono.defer(this::check);
      case "23P01" -> constraint().map(it -> Explained.by(hints.dropped(it.fix())));
      case "54000" ->
          constraint()
              .map(Constraint::fix)
              .switchIfEmpty(Mono.defer(() -> one(RefusalSql.INDEXES)))
              .map(hints::dropped)
              .map(Explained::by);
      case "55P03", "57014" -> holder();
      case "42501" -> privileges();
      case "55000" -> one(RefusalSql.PUBLISHED).map(hints::published).map(Explained::by);
      case "0A000" -> one(RefusalSql.RULES).map(hints::ruled).map(Explained::by);
      default -> refusal.isOfValue() ? value() : Mono.empty();
    };
  }

  /** Mostly a trigger's function, which uses names of its own. */
  private Mono<Explained> function() {
    return session
        .query(
            RefusalSql.FUNCTION,
            statement -> statement.bind(0, attempt.target().oid()).bind(1, refusal.context()),
            row ->
                new TableHints.Raised(
                    text(row, "function"),
                    text(row, "namespace"),
                    row.get("trigger", String.class),
                    row.get("table", String.class)))
        .next()
        .map(raised -> new Explained(raised.where(), hints.raised(raised, refusal.sqlState())));
  }

  /** A constraint with the statement that drops it, and its columns. */
  private record Constraint(String kind, String fix, List<String> columns) {}

  private Mono<Constraint> constraint() {
    String name = refusal.constraint();
    return name == null
        ? Mono.empty()
        : session
            .query(
                RefusalSql.CONSTRAINT,
                statement -> statement.bind(0, namespace()).bind(1, table()).bind(2, name),
                row ->
                    new Constraint(
                        text(row, "kind"),
                        text(row, "fix"),
                        Stream.ofNullable(row.get("columns", String[].class))
                            .flatMap(Stream::of)
                            .toList()))
            .next();
  }

  private Mono<Explained> foreignKey() {
    return constraint()
        .flatMap(
            it ->
                referred()
                    .map(table -> ", which refers to " + table)
                    .defaultIfEmpty("")
                    .map(where -> new Explained(where, hints.foreignKey(it.fix()))));
  }

  private Mono<String> referred() {
    return one(
        RefusalSql.REFERRED,
        statement ->
            statement
                .bind(0, namespace())
                .bind(1, table())
                .bind(2, Objects.requireNonNullElse(refusal.constraint(), "")));
  }

  /** The source's key refuses rows because others exist, and must stay. */
  private String unique(Constraint it) {
    UniqueKey key = attempt.key();
    boolean sources = key != null && Set.copyOf(key.columns()).equals(Set.copyOf(it.columns()));
    return sources ? hints.sourcesKey() : hints.unique(it.fix(), it.kind().equals("p"));
  }

  private Mono<Explained> notNull() {
    String domain = refusal.type();
    if (domain != null && refusal.column() == null) {
      return domain(domain, null);
    }
    return Mono.justOrEmpty(refusal.column())
        .map(
            column ->
                new Explained(
                    "",
                    hints.dropped(
                        "ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL;"
                            .formatted(
                                SqlNames.quoted(rootNamespace(), rootTable()),
                                SqlNames.quoted(column)))));
  }

  private Mono<Explained> check() {
    String domain = refusal.type();
    if (domain != null) {
      return domain(domain, refusal.constraint());
    }
    if (refusal.constraint() != null) {
      return constraint().map(it -> Explained.by(hints.dropped(it.fix())));
    }
    return attempt.target().partitioned()
        ? one(RefusalSql.PARTITION, statement -> statement.bind(0, namespace()).bind(1, table()))
            .map(hints::partition)
            .map(Explained::by)
        : one(RefusalSql.PARENT).map(hints::bound).map(Explained::by);
  }

  private Mono<Explained> domain(String domain, @Nullable String constraint) {
    return one(
            RefusalSql.DOMAIN,
            statement -> {
              statement.bind(0, namespace()).bind(1, domain);
              Binding.text(statement, 2, constraint);
            })
        .map(hints::dropped)
        .map(Explained::by);
  }

  /** A session that has locked the table, or rows of it. */
  private Mono<Explained> holder() {
    return session
        .query(
            RefusalSql.HOLDER,
            statement -> statement.bind(0, attempt.target().oid()),
            row ->
                new Explained(
                    ", while session " + text(row, "told") + " has locks on it",
                    hints.locked(Objects.requireNonNull(row.get("pid", Integer.class)))))
        .next();
  }

  private Mono<Explained> privileges() {
    return session
        .query(
            RefusalSql.PRIVILEGES,
            statement -> statement.bind(0, attempt.target().oid()).bind(1, hints.createsTables()),
            row ->
                hints.granted(
                    text(row, "role"),
                    text(row, "fix"),
                    Boolean.TRUE.equals(row.get("secured", Boolean.class))))
        .next()
        .map(Explained::by);
  }

  private Mono<Explained> value() {
    return Mono.justOrEmpty(copied())
        .switchIfEmpty(
            Mono.defer(() -> new ColumnProbe(session, attempt, refusal.sqlState()).find()))
        .onErrorResume(e -> Mono.empty())
        .switchIfEmpty(Mono.defer(() -> Mono.justOrEmpty(namedByType())))
        .flatMap(this::value)
        .switchIfEmpty(
            Mono.defer(
                () -> one(RefusalSql.EXPRESSIONS).map(hints::expression).map(Explained::by)));
  }

  /** The column that COPY was reading. */
  private Optional<TargetColumn> copied() {
    return attempt.target().shape().columns().stream()
        .filter(column -> refusal.copied(column.name()))
        .max(Comparator.comparing(column -> column.name().length()));
  }

  /** The only column whose type the message spells. */
  private Optional<TargetColumn> namedByType() {
    var spelled =
        attempt.target().shape().columns().stream()
            .filter(column -> refusal.message().contains(column.type().display()))
            .toList();
    return spelled.size() == 1 ? Optional.of(spelled.get(0)) : Optional.empty();
  }

  private Mono<Explained> value(TargetColumn column) {
    SchemaDifference retype =
        attempt.fields().stream()
            .filter(field -> field.name().equals(column.name()))
            .findFirst()
            .map(field -> Retype.refused(attempt.target().shape(), column, field))
            .orElse(null);
    return session
        .query(
            RefusalSql.TYPE,
            statement -> statement.bind(0, attempt.target().oid()).bind(1, column.name()),
            row ->
                new Typed(
                    ", column %s of type %s"
                        .formatted(SqlNames.quoted(column.name()), text(row, "type")),
                    row.get("labels", String.class)))
        .next()
        .flatMap(typed -> explained(column, typed, retype));
  }

  /**
   * A column's type.
   *
   * @param where the column with it, to put after a message
   * @param labels the enum of its values, as SQL; null if it is none
   */
  private record Typed(String where, @Nullable String labels) {}

  private Mono<Explained> explained(
      TargetColumn column, Typed typed, @Nullable SchemaDifference retype) {
    String labels = typed.labels();
    String hint =
        hints.value(refusal.sqlState(), retype == null ? null : retype.sql().get(0), labels);
    Mono<RefusedValue> refused =
        labels != null && refusal.sqlState().equals(INVALID_TEXT)
            ? new EnumLabels(session, attempt, column, labels).missing()
            : Mono.justOrEmpty(retype).map(RefusedValue::of);
    return refused
        .map(value -> new Explained(typed.where(), hint, value))
        .defaultIfEmpty(new Explained(typed.where(), hint));
  }

  private Mono<String> one(String sql) {
    return one(sql, statement -> statement.bind(0, attempt.target().oid()));
  }

  /** Empty if there is nothing, or NULL. */
  private Mono<String> one(String sql, Consumer<Statement> bind) {
    return session
        .query(sql, bind::accept, row -> Optional.ofNullable(row.get(0, String.class)))
        .next()
        .flatMap(Mono::justOrEmpty);
  }

  private String namespace() {
    return Objects.requireNonNullElse(refusal.namespace(), rootNamespace());
  }

  private String table() {
    return Objects.requireNonNullElse(refusal.table(), rootTable());
  }

  private String rootNamespace() {
    return attempt.target().shape().namespace();
  }

  private String rootTable() {
    return attempt.target().shape().table();
  }

  private static String text(Readable row, String name) {
    return Objects.requireNonNull(row.get(name, String.class));
  }
}
