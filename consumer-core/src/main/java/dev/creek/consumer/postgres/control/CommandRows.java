package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.control.CommandLog.Pending;
import dev.creek.consumer.control.CommandText;
import dev.creek.consumer.postgres.session.Binding;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Converts rows of {@code _notification_log} to the types of the control package. */
final class CommandRows {
  private static final Logger log = LoggerFactory.getLogger(CommandRows.class);

  private CommandRows() {}

  /**
   * The columns of a row {@code l}. A waiting one names the command for which it waits: the first
   * of its target that has not ended.
   *
   * @param table the log, as SQL
   */
  static String columns(String table) {
    return """
        id, "timestamp", requested_by, coalesce(command, '') as command, coalesce(status, '') as status,
        started_at, finished_at, step, rows_done, rows_expected, attempts,
        coalesce(case when status = 'queued'
                      then (select format('waits behind command %%s: %%s', a.id, a.command)
                            from %s a
                            where a.target = l.target and a.id < l.id and a.finished_at is null
                              and a.verb is not null
                            order by a.id limit 1) end,
                 detail) as detail"""
        .formatted(table);
  }

  static CommandRecord record(Readable row) {
    return new CommandRecord(
        required(row, "id", Long.class),
        required(row, "timestamp", Instant.class),
        row.get("requested_by", String.class),
        required(row, "command", String.class),
        required(row, "status", String.class),
        row.get("started_at", Instant.class),
        row.get("finished_at", Instant.class),
        row.get("step", String.class),
        row.get("rows_done", Long.class),
        row.get("rows_expected", Long.class),
        row.get("detail", String.class),
        required(row, "attempts", Integer.class));
  }

  /** Empty if the command is unknown: a newer service will carry it out. */
  static Optional<Pending> pending(Readable row) {
    long id = required(row, "id", Long.class);
    try {
      Command command = CommandText.parse(required(row, "command", String.class));
      return Optional.of(
          new Pending(
              id,
              command,
              required(row, "free", Boolean.class),
              required(row, "removal", Long.class),
              row.get("cancelled_by", String.class)));
    } catch (IllegalArgumentException e) {
      log.warn("command {} is skipped: {}", id, e.getMessage());
      return Optional.empty();
    }
  }

  private static <T> T required(Readable row, String column, Class<T> type) {
    return Objects.requireNonNull(row.get(column, type), column);
  }

  /** Binds the arguments of {@code _submit}. */
  static void bind(Statement statement, Command command) {
    statement.bind(0, command.verb().toString());
    Binding.text(
        statement,
        1,
        command instanceof Command.OfMapping both ? both.mapping().source().toString() : null);
    statement.bind(2, command.target().toString());
    Binding.text(statement, 3, mode(command));
    Binding.text(
        statement, 4, command instanceof Command.ApplySnapshot apply ? apply.subject() : null);
    Binding.number(
        statement, 5, command instanceof Command.SkipChange skip ? skip.sequence() : null);
    Binding.text(statement, 6, command instanceof Command.OfGroup placed ? placed.group() : null);
  }

  private static @Nullable String mode(Command command) {
    if (command instanceof Command.TakeSnapshot take) {
      return take.mode().toString();
    }
    if (command instanceof Command.AddTableFrom add) {
      return add.from().toString();
    }
    if (command instanceof Command.Fill fill) {
      return CommandText.columns(fill.columns());
    }
    return command instanceof Command.ApplySnapshot apply ? apply.mode().toString() : null;
  }
}
