package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.row.Step;
import java.util.Iterator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Changes applied in source order, one statement per step. Each knows how many rows it must touch.
 * With a key, a missing row is counted, and written if its content is known. Without one its
 * content is not known, and the step fails with {@link MissingRowException}.
 */
final class OrderedChanges {
  private final Session session;
  private final TablePlan plan;
  private final ConflictingRows room;

  OrderedChanges(Session session, TablePlan plan) {
    this.session = session;
    this.plan = plan;
    this.room = new ConflictingRows(session, plan);
  }

  /** Runs steps one by one: the next is transcoded when the one before has been written. */
  Mono<Discrepancies> run(Iterator<Step> steps, ReplayMode manner) {
    return Flux.fromIterable(() -> steps)
        .concatMap(step -> run(step, manner), 0)
        .reduce(Discrepancies.NONE, Discrepancies::plus);
  }

  /**
   * Runs a step of a table with a key.
   *
   * @param requireFree errors if a row has the key under which the step creates one; a row that
   *     changes its key has left by then
   */
  Mono<Discrepancies> runWhereFree(Step step, Mono<Void> requireFree) {
    if (step instanceof Step.Insert insert) {
      return requireFree.then(Mono.defer(() -> upsert(insert.rows(), ReplayMode.USUAL)));
    }
    if (!(step instanceof Step.Replace replace)) {
      return run(step, ReplayMode.USUAL);
    }
    Mono<Discrepancies> anew =
        Mono.defer(() -> delete(replace.key()))
            .flatMap(
                rows ->
                    requireFree
                        .then(Mono.defer(() -> upsert(replace.row(), ReplayMode.USUAL)))
                        .map(Discrepancies.missed(rows, false)::plus));
    return plan.changes().updatesInPlace()
        ? moved(replace).flatMap(rows -> rows > 0 ? Mono.just(Discrepancies.NONE) : anew)
        : anew;
  }

  private Mono<Long> moved(Step.Replace replace) {
    return session.update(
        plan.rows().moveToFreeKey(), statement -> plan.bindMoved(statement, replace));
  }

  private Mono<Discrepancies> run(Step step, ReplayMode manner) {
    if (step instanceof Step.Truncate) {
      String truncate = plan.truncate(manner.again() == ReplayMode.Again.YES);
      return session.update(truncate, statement -> {}).thenReturn(Discrepancies.NONE);
    }
    if (!plan.hasKey()) {
      return withoutKey(step, manner);
    }
    return manner.again() == ReplayMode.Again.MAYBE
        ? room.whereNeeded(step, () -> withKey(step, manner))
        : withKey(step, manner);
  }

  private Mono<Discrepancies> withKey(Step step, ReplayMode manner) {
    if (step instanceof Step.Insert insert) {
      return upsert(insert.rows(), manner);
    }
    if (step instanceof Step.Update update) {
      return manner.taking() ? upsert(update.row(), manner) : update(update.row(), manner);
    }
    if (step instanceof Step.Replace replace) {
      return plan.changes().updatesInPlace() ? move(replace, manner) : exchange(replace, manner);
    }
    return delete(((Step.Delete) step).key())
        .map(rows -> Discrepancies.missed(rows, mayDeleteNone(manner)));
  }

  private Mono<Discrepancies> upsert(RowColumns rows, ReplayMode manner) {
    Mono<Long> written =
        session
            .query(
                plan.upsert(manner.taking()),
                statement -> plan.bindRows(statement, 0, rows),
                row -> FoldedBatch.number(row, "written"))
            .single();
    return written.map(
        count ->
            plan.rows().writesAll()
                ? Discrepancies.unwritten(rows.rows(), count)
                : Discrepancies.NONE);
  }

  private Mono<Discrepancies> update(RowColumns row, ReplayMode manner) {
    return session
        .update(plan.rows().updateByKey("", 1), statement -> plan.bindRows(statement, 0, row))
        .flatMap(
            rows ->
                rows > 0
                    ? Mono.just(Discrepancies.NONE)
                    : upsert(row, manner)
                        .map(Discrepancies.missed(0, manner.maybeMissing())::plus));
  }

  /**
   * The row keeps its columns that the source does not have. If another row has its new key,
   * changes come again: that other row is the later state of this one.
   */
  private Mono<Discrepancies> move(Step.Replace replace, ReplayMode manner) {
    Mono<Void> free = manner.taking() ? room.forMoved(replace).then() : Mono.empty();
    return free.then(Mono.defer(() -> moved(replace)))
        .flatMap(rows -> rows > 0 ? Mono.just(Discrepancies.NONE) : overwrite(replace, manner));
  }

  private Mono<Discrepancies> overwrite(Step.Replace replace, ReplayMode manner) {
    // Either its row was missing, or one was in its way that should not have been.
    Discrepancies fell = Discrepancies.missed(0, manner.maybeMissing());
    return delete(replace.key()).then(upsert(replace.row(), manner)).map(fell::plus);
  }

  private Mono<Discrepancies> exchange(Step.Replace replace, ReplayMode manner) {
    return delete(replace.key())
        .map(rows -> Discrepancies.missed(rows, manner.maybeMissing()))
        .flatMap(fell -> upsert(replace.row(), manner).map(fell::plus));
  }

  private Mono<Long> delete(RowColumns key) {
    return session.update(
        plan.rows().deleteByKey("", 1), statement -> plan.bindKeys(statement, 0, key));
  }

  private Mono<Discrepancies> withoutKey(Step step, ReplayMode manner) {
    if (step instanceof Step.Insert insert) {
      return insert(insert.rows());
    }
    if (step instanceof Step.Replace replace) {
      return replaced(replace)
          .flatMap(rows -> requireOne(rows, "update", manner))
          .flatMap(
              found ->
                  found && plan.changes().updatesInPlace()
                      ? Mono.just(Discrepancies.NONE)
                      : insert(replace.row()).map(unproven(found)::plus));
    }
    RowColumns row = ((Step.Delete) step).key();
    return deleteOne(row)
        .flatMap(
            rows ->
                rows == 0 && plan.rows().deletesMayMiss()
                    ? Mono.just(true)
                    : requireOne(rows, "delete", manner))
        .map(OrderedChanges::unproven);
  }

  private static Discrepancies unproven(boolean found) {
    return found ? Discrepancies.NONE : Discrepancies.unproven(1);
  }

  private boolean mayDeleteNone(ReplayMode manner) {
    return manner.maybeMissing() || plan.rows().deletesMayMiss();
  }

  private Mono<Discrepancies> insert(RowColumns rows) {
    return session
        .update(plan.rows().write("", 1), statement -> plan.bindRows(statement, 0, rows))
        .map(written -> Discrepancies.unwritten(rows.rows(), written));
  }

  private Mono<Long> replaced(Step.Replace replace) {
    return plan.changes().updatesInPlace()
        ? session.update(
            plan.rows().updateOne("", replace.key(), 1),
            statement -> {
              int next = plan.bindKnown(statement, 0, replace.key());
              plan.bindRows(statement, next, replace.row());
            })
        : deleteOne(replace.key());
  }

  private Mono<Long> deleteOne(RowColumns row) {
    return session.update(
        plan.rows().deleteOne(row, "", 1), statement -> plan.bindKnown(statement, 0, row));
  }

  /** Tells whether the row existed. */
  private Mono<Boolean> requireOne(long rows, String what, ReplayMode manner) {
    return rows == 1 || manner.maybeMissing()
        ? Mono.just(rows == 1)
        : Mono.error(new MissingRowException(what, plan.changes().keyColumns()));
  }

  /**
   * Runs one step of a table without a key, and the position, in one statement; returns the number
   * of rows that the fence let through. Fails with {@link FoldedSql#missedRows} if it touches fewer
   * rows than it must.
   */
  Mono<Long> runAlone(Step step, PositionSql position, PositionAdvance moved) {
    int parameter = PositionSql.nextParameter(moved);
    if (step instanceof Step.Delete delete) {
      String sql =
          plan.rows().deleteOne(delete.key(), "exists (select from fence) and ", parameter);
      return session.update(
          alone(sql, "1", position, moved),
          statement -> {
            position.bind(statement, moved);
            plan.bindKnown(statement, parameter - 1, delete.key());
          });
    }
    if (step instanceof Step.Replace replace) {
      return session.update(
          alone(plan.rows().updateOne("fence, ", replace.key(), parameter), "1", position, moved),
          statement -> {
            position.bind(statement, moved);
            int next = plan.bindKnown(statement, parameter - 1, replace.key());
            plan.bindRows(statement, next, replace.row());
          });
    }
    RowColumns rows = ((Step.Insert) step).rows();
    String sql = plan.rows().write("fence, ", parameter);
    return session.update(
        alone(sql, "cardinality($" + parameter + ")", position, moved),
        statement -> {
          position.bind(statement, moved);
          plan.bindRows(statement, parameter - 1, rows);
        });
  }

  private static String alone(
      String step, String rows, PositionSql position, PositionAdvance moved) {
    return "with fence as ("
        + position.update(moved)
        + " returning 1), step as ("
        + step
        + " returning 1) select "
        + FoldedSql.verdict("(select count(*) from step) = " + rows)
        + " from fence";
  }
}
