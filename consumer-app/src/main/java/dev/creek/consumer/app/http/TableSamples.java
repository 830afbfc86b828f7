package dev.creek.consumer.app.http;

import dev.creek.consumer.api.Incompleteness.Cause;
import dev.creek.consumer.api.MetricsRecorder.Backlog;
import dev.creek.consumer.api.MetricsRecorder.Backlog.Certainty;
import dev.creek.consumer.app.http.TableMeter.Operation;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * The metrics of tables. Labels are the target's name and words of a fixed list: never keys, LSNs
 * or subjects, so the number of series is a constant times the number of tables.
 */
final class TableSamples {
  private static final String TARGET = "target";
  private static final double MILLIS = 1000.0;

  private final Collection<TableMeter> tables;

  TableSamples(Collection<TableMeter> tables) {
    this.tables = tables;
  }

  List<MetricSnapshot> all() {
    return List.of(
        info(),
        changes(),
        each(
                "creek_consumer_commits",
                "Target transactions committed with changes.",
                TableMeter::commits)
            .counter(),
        known(
            "creek_consumer_lag_seconds",
            "Age of the oldest change not applied yet; 0 when nothing is pending; an upper bound "
                + "while nothing can be read; no sample while it is unknown.",
            table -> table.backlog().lagCertainty(),
            table -> table.backlog().lag().toMillis() / MILLIS),
        known(
            "creek_consumer_pending_messages",
            "Messages in the stream that are not applied yet; a lower bound while nothing can be "
                + "read; no sample while it is unknown.",
            table -> table.backlog().pendingCertainty(),
            table -> table.backlog().pendingMessages()),
        each(
                "creek_consumer_backlog_known",
                "1 while lag and pending messages are exact, 0 while they are bounds or unknown.",
                table -> isKnown(table.backlog()) ? 1 : 0)
            .gauge(),
        lastCommit(),
        states(),
        members(),
        doubts(),
        retries(),
        each("creek_consumer_gaps", "Times a table was found in a gap.", TableMeter::gaps)
            .counter(),
        each(
                "creek_consumer_failed_changes",
                "Times a change could not be applied and stopped its table.",
                TableMeter::failures)
            .counter(),
        each("creek_consumer_skipped_changes", "Changes skipped on request.", TableMeter::skips)
            .counter(),
        each(
                "creek_consumer_missed_rows",
                "Rows that were to be updated or deleted and were missing.",
                TableMeter::misses)
            .counter());
  }

  private Samples each(String name, String help, ToDoubleFunction<TableMeter> value) {
    var samples = new Samples(name, help);
    tables.forEach(table -> samples.add(value.applyAsDouble(table), TARGET, table.target()));
    return samples;
  }

  /** No sample if it is not known, because a missing sample is not read as 0. */
  private MetricSnapshot known(
      String name,
      String help,
      Function<TableMeter, Certainty> certainty,
      ToDoubleFunction<TableMeter> value) {
    var samples = new Samples(name, help);
    for (TableMeter table : tables) {
      if (certainty.apply(table) != Certainty.UNKNOWN) {
        samples.add(value.applyAsDouble(table), TARGET, table.target());
      }
    }
    return samples.gauge();
  }

  private static boolean isKnown(Backlog backlog) {
    return backlog.lagCertainty() == Certainty.KNOWN
        && backlog.pendingCertainty() == Certainty.KNOWN;
  }

  private MetricSnapshot info() {
    var samples =
        new Samples(
            "creek_consumer_table", "Tables handled here, with their sources, and their groups.");
    for (TableMeter table : tables) {
      GroupView group = table.group();
      if (group == null) {
        samples.add(1, TARGET, table.target(), "source", table.source());
      } else {
        samples.add(1, TARGET, table.target(), "source", table.source(), "group", group.name());
      }
    }
    return samples.info();
  }

  /** Only of tables that are in a group. */
  private MetricSnapshot members() {
    var samples =
        new Samples(
            "creek_consumer_group_member",
            "1 while a table is applied together with the others of its group, 0 while it is apart.");
    for (TableMeter table : tables) {
      GroupView group = table.group();
      if (group != null) {
        samples.add("member".equals(group.membership()) ? 1 : 0, TARGET, table.target());
      }
    }
    return samples.gauge();
  }

  private MetricSnapshot changes() {
    var samples = new Samples("creek_consumer_applied_changes", "Changes applied, as published.");
    for (TableMeter table : tables) {
      for (Operation operation : Operation.values()) {
        samples.add(
            table.changes(operation), TARGET, table.target(), "operation", operation.label());
      }
    }
    return samples.counter();
  }

  private MetricSnapshot lastCommit() {
    var samples =
        new Samples(
            "creek_consumer_last_applied_commit_timestamp_seconds",
            "Commit time on the source of the last change applied since the start.");
    for (TableMeter table : tables) {
      Instant at = table.committedAt();
      if (at != null) {
        samples.add(at.toEpochMilli() / MILLIS, TARGET, table.target());
      }
    }
    return samples.gauge();
  }

  private MetricSnapshot states() {
    var samples = new Samples("creek_consumer_table_state", "1 for the state a table is in.");
    for (TableMeter table : tables) {
      String now = table.shown().state();
      for (String state : TableMeter.STATES) {
        samples.add(state.equals(now) ? 1 : 0, TARGET, table.target(), "state", state);
      }
    }
    return samples.gauge();
  }

  private MetricSnapshot doubts() {
    var samples =
        new Samples(
            "creek_consumer_pg_incomplete",
            "Reasons why a table's rows may differ from its source's although nothing has failed.");
    for (TableMeter table : tables) {
      Map<String, Integer> known = table.causes();
      for (Cause cause : Cause.values()) {
        samples.add(
            known.getOrDefault(cause.stored(), 0), TARGET, table.target(), "cause", cause.stored());
      }
    }
    return samples.gauge();
  }

  private MetricSnapshot retries() {
    var samples =
        new Samples(
            "creek_consumer_retries",
            "Retries after a temporary error, by SQLSTATE class, broker or schema.");
    for (TableMeter table : tables) {
      table
          .retries()
          .forEach(
              (reason, count) -> samples.add(count.sum(), TARGET, table.target(), "class", reason));
    }
    return samples.counter();
  }
}
