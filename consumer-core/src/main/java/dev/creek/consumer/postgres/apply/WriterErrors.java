package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.postgres.apply.Explanation.Described;
import dev.creek.consumer.postgres.catalog.TableHints;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.schema.Alteration;
import dev.creek.consumer.postgres.schema.SchemaChanges;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.stream.FencedException;
import dev.creek.consumer.stream.TargetAlteredException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * The errors of one table's writer. If a column could not hold a value and the table's policy is to
 * follow the source there, the column is altered, and the error says that the changes can be
 * applied again.
 *
 * <p>That is a transaction of its own, after the failed one: nothing but a value shows on the wire
 * that a text has become longer, or that an enum has a new label, and a new label cannot be used in
 * the transaction that adds it. A column that holds more values than before is no other state of
 * the rows, so it may be committed without the position.
 */
final class WriterErrors {
  private static final Logger log = LoggerFactory.getLogger(WriterErrors.class);

  private final Sessions sessions;
  private final TableHints hints;
  private final PositionSql position;
  private final SchemaChanges schemaChanges;
  private final Explanation explanation;

  WriterErrors(
      Sessions sessions, TableHints hints, PositionSql position, SchemaChanges schemaChanges) {
    this.sessions = sessions;
    this.hints = hints;
    this.position = position;
    this.schemaChanges = schemaChanges;
    this.explanation = new Explanation(sessions, hints);
  }

  /**
   * The error in the form for callers; never errors. The caller has rolled back what failed.
   *
   * @param attempt null if nothing is known of what was written
   */
  Mono<RuntimeException> described(Throwable error, @Nullable WriteAttempt attempt) {
    return explanation
        .explained(error, position.target().toString(), attempt)
        .flatMap(
            described -> {
              List<RefusedValue> refused = refused(described);
              return refused.isEmpty() ? Mono.just(described.error()) : altered(refused);
            });
  }

  /** Those that the policy lets the column hold. */
  private List<RefusedValue> refused(Described described) {
    var refused = new ArrayList<RefusedValue>();
    if (described.refused() != null) {
      refused.add(described.refused());
    } else if (described.error() instanceof ShapeMismatchException mismatch) {
      mismatch.differences().forEach(it -> refused.add(RefusedValue.of(it)));
    }
    return schemaChanges.ends(refused.stream().map(RefusedValue::difference).toList())
        ? refused
        : List.of();
  }

  private Mono<RuntimeException> altered(List<RefusedValue> refused) {
    String what = position.target().toString();
    List<SchemaDifference> differences = refused.stream().map(RefusedValue::difference).toList();
    List<String> statements = refused.stream().flatMap(it -> it.statements().stream()).toList();
    return sessions
        .transaction(
            what,
            hints,
            session ->
                fenced(session)
                    .then(Alteration.run(session, what, statements, differences))
                    .thenReturn(true))
        .<RuntimeException>map(
            done -> {
              schemaChanges.report(differences);
              return new TargetAlteredException(
                  what + " has been altered to hold the source's values");
            })
        .onErrorResume(
            e -> {
              log.debug("{} could not be altered", what, e);
              return Mono.just(
                  e instanceof RuntimeException known ? known : new IllegalStateException(e));
            });
  }

  private Mono<Void> fenced(Session session) {
    return session
        .update(position.lock(), position::bindClaim)
        .flatMap(
            rows ->
                rows == 1
                    ? Mono.empty()
                    : Mono.error(
                        new FencedException(position.target() + " has been claimed by another")));
  }
}
