package dev.creek.consumer.control;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Command.Verb;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.StartFrom;
import dev.creek.consumer.api.TargetTable;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Commands as one line of text: the Go consumer's notifications, and ours in the same manner.
 *
 * <pre>
 * CREATE mapping        ADD mapping        REMOVE target
 * ADD_FROM start mapping
 * SNAP mode mapping     APPLY_SNAP mode subject mapping
 * RESYNC mapping        RESUME target      SKIP sequence target
 * </pre>
 */
public final class CommandText {
  private static final Pattern WORDS = Pattern.compile("[A-Za-z_ ]{1,40}");

  private CommandText() {}

  /**
   * Reads one command.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  public static Command parse(String text) {
    String[] words = split(text, 2);
    String rest = words[1];
    return switch (verb(words[0])) {
      case CREATE_SCHEMA -> new Command.CreateSchema(Mapping.parse(rest));
      case ADD_TABLE -> new Command.AddTable(Mapping.parse(rest));
      case ADD_TABLE_FROM -> addFrom(split(rest, 2));
      case REMOVE_TABLE -> new Command.RemoveTable(TargetTable.parse(rest));
      case SNAPSHOT -> snapshot(split(rest, 2));
      case APPLY_SNAPSHOT -> applySnapshot(split(rest, 3));
      case RESYNC -> new Command.Resync(Mapping.parse(rest));
      case RESUME_TABLE -> new Command.ResumeTable(TargetTable.parse(rest));
      case SKIP_CHANGE -> skip(split(rest, 2));
    };
  }

  private static Verb verb(String word) {
    return Stream.of(Verb.values())
        .filter(verb -> verb.word().equals(word))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(quoted(word) + " is not a command"));
  }

  /** Names may hold spaces, but only in what comes last. */
  private static String[] split(String text, int count) {
    String[] words = text.split(" ", count);
    if (words.length < count) {
      throw new IllegalArgumentException("command " + quoted(text) + " lacks an argument");
    }
    return words;
  }

  /** Whatever else somebody sends may be no command at all, and not be meant for a log. */
  private static String quoted(String text) {
    return WORDS.matcher(text).matches() ? "'" + text + "'" : "(not shown)";
  }

  private static Command snapshot(String[] words) {
    return new Command.TakeSnapshot(Mapping.parse(words[1]), SnapshotMode.parse(words[0]));
  }

  private static Command addFrom(String[] words) {
    return new Command.AddTableFrom(Mapping.parse(words[1]), StartFrom.parse(words[0]));
  }

  private static Command applySnapshot(String[] words) {
    return new Command.ApplySnapshot(
        words[1], Mapping.parse(words[2]), SnapshotMode.parse(words[0]));
  }

  private static Command skip(String[] words) {
    try {
      return new Command.SkipChange(TargetTable.parse(words[1]), Long.parseLong(words[0]));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(quoted(words[0]) + " is not a stream sequence", e);
    }
  }

  /** Writes what {@link #parse} reads. */
  public static String format(Command command) {
    return command.verb().word() + " " + before(command) + tables(command);
  }

  private static String before(Command command) {
    if (command instanceof Command.TakeSnapshot take) {
      return take.mode() + " ";
    }
    if (command instanceof Command.AddTableFrom add) {
      return add.from() + " ";
    }
    if (command instanceof Command.ApplySnapshot apply) {
      return apply.mode() + " " + apply.subject() + " ";
    }
    return command instanceof Command.SkipChange skip ? skip.sequence() + " " : "";
  }

  private static String tables(Command command) {
    return command instanceof Command.OfMapping both
        ? both.mapping().toString()
        : command.target().toString();
  }
}
