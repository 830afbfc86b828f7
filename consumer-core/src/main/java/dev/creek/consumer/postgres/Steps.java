package dev.creek.consumer.postgres;

import dev.creek.consumer.row.Step;
import java.util.Iterator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Changes applied in source order, one statement a step. */
final class Steps {
  private Steps() {}

  /** Runs steps one by one: the next is transcoded when the one before has been written. */
  static Mono<Void> run(Session session, TablePlan plan, Iterator<Step> steps) {
    return run(session, plan, steps, false);
  }

  /**
   * The same.
   *
   * @param repeated whether they may be repetitions, so that a unique value may have moved on
   */
  static Mono<Void> run(Session session, TablePlan plan, Iterator<Step> steps, boolean repeated) {
    return Flux.fromIterable(() -> steps)
        .concatMap(step -> run(session, plan, step, repeated), 0)
        .then();
  }

  static Mono<Long> run(Session session, TablePlan plan, Step step, boolean repeated) {
    if (step instanceof Step.Write write) {
      return session.update(
          plan.write(repeated), statement -> plan.bindRows(statement, 0, write.rows()));
    }
    if (step instanceof Step.Delete delete) {
      return plan.hasKey()
          ? session.update(
              plan.rows().deleteByKey("", 1),
              statement -> plan.bindKeys(statement, 0, delete.key()))
          : session.update(
              plan.rows().deleteOne(delete.key(), "", 1),
              statement -> plan.bindKnown(statement, 0, delete.key()));
    }
    return session.update(plan.truncate(), statement -> {});
  }

  /**
   * Runs one step of a table without a key, and the position, in one statement; the number of rows
   * that the fence let through.
   */
  static Mono<Long> runAlone(
      Session session, TablePlan plan, Step step, PositionSql position, Moved moved) {
    int parameter = PositionSql.nextParameter(moved);
    String fence = "with fence as (" + position.update(moved) + " returning 1), step as (";
    String end = ") select 1 from fence";
    if (step instanceof Step.Delete delete) {
      String gate = "exists (select from fence) and ";
      return session.update(
          fence + plan.rows().deleteOne(delete.key(), gate, parameter) + end,
          statement -> {
            position.bind(statement, moved);
            plan.bindKnown(statement, parameter - 1, delete.key());
          });
    }
    Step.Write write = (Step.Write) step;
    return session.update(
        fence + plan.rows().write("fence, ", parameter) + end,
        statement -> {
          position.bind(statement, moved);
          plan.bindRows(statement, parameter - 1, write.rows());
        });
  }
}
