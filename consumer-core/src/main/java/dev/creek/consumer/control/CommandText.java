package dev.creek.consumer.control;

import static java.util.regex.Pattern.DOTALL;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Command.Verb;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.StartFrom;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TargetTable;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Commands as one line of text: the Go consumer's notifications, and ours in the same form.
 *
 * <pre>
 * CREATE mapping        ADD mapping        REMOVE target
 * ADD_FROM start mapping
 * SNAP mode mapping     APPLY_SNAP mode subject mapping
 * RESYNC mapping        RESUME target      SKIP sequence target
 * SET_GROUP "group" target
 * FILL "column","column" mapping
 * SCHEMA_DIFF mapping
 * </pre>
 *
 * Before the mapping of {@code ADD}, {@code ADD_FROM} and {@code RESYNC} there may be {@code IN
 * "group"}. The name of a group is always in double quotes; the empty one is no group.
 */
public final class CommandText {
  private static final Pattern WORDS = Pattern.compile("[A-Za-z_ ]{1,40}");
  private static final String NAME = "\"((?:[^\"]|\"\")+)\"";
  private static final Pattern COLUMN = Pattern.compile(NAME);
  private static final Pattern COLUMNS =
      Pattern.compile("(%1$s(?:,%1$s)*+) (.*)".formatted(NAME.replace("((", "(?:(")), DOTALL);

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
      case ADD_TABLE -> add(Placed.parse(rest));
      case ADD_TABLE_FROM -> addFrom(split(rest, 2));
      case REMOVE_TABLE -> new Command.RemoveTable(TargetTable.parse(rest));
      case SNAPSHOT -> snapshot(split(rest, 2));
      case APPLY_SNAPSHOT -> applySnapshot(split(rest, 3));
      case RESYNC -> resync(Placed.parse(rest));
      case RESUME_TABLE -> new Command.ResumeTable(TargetTable.parse(rest));
      case SKIP_CHANGE -> skip(split(rest, 2));
      case SET_GROUP -> setGroup(Placed.quoted(rest));
      case FILL -> fill(rest);
      case SCHEMA_DIFF -> new Command.SchemaDiff(Mapping.parse(rest));
    };
  }

  private static Verb verb(String word) {
    return Stream.of(Verb.values())
        .filter(verb -> verb.word().equals(word))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(quoted(word) + " is not a command"));
  }

  /** Names may contain spaces, but only in the last part. */
  private static String[] split(String text, int count) {
    String[] words = text.split(" ", count);
    if (words.length < count) {
      throw new IllegalArgumentException("command " + quoted(text) + " lacks an argument");
    }
    return words;
  }

  /** Any other payload may be no command at all, and not be meant for a log. */
  private static String quoted(String text) {
    return WORDS.matcher(text).matches() ? "'" + text + "'" : "(not shown)";
  }

  private static Command snapshot(String[] words) {
    return new Command.TakeSnapshot(Mapping.parse(words[1]), SnapshotMode.parse(words[0]));
  }

  private static Command add(Placed placed) {
    return new Command.AddTable(Mapping.parse(placed.tables()), placed.group());
  }

  private static Command addFrom(String[] words) {
    Placed placed = Placed.parse(words[1]);
    return new Command.AddTableFrom(
        Mapping.parse(placed.tables()), StartFrom.parse(words[0]), placed.group());
  }

  private static Command resync(Placed placed) {
    return new Command.Resync(Mapping.parse(placed.tables()), placed.group());
  }

  private static Command setGroup(Placed placed) {
    return new Command.SetGroup(TargetTable.parse(placed.tables()), placed.group());
  }

  /**
   * The last part of a command.
   *
   * @param group the group that it names; null for none
   * @param tables a mapping or a target
   */
  private record Placed(@Nullable String group, String tables) {
    /** No name begins like this: a quoted part is quoted as a whole. */
    private static final String IN = "IN ";

    private static final Pattern QUOTED = Pattern.compile("\"((?:[^\"]|\"\")*)\" (.*)", DOTALL);

    static Placed parse(String text) {
      return text.startsWith(IN + '"')
          ? quoted(text.substring(IN.length()))
          : new Placed(null, text);
    }

    static Placed quoted(String text) {
      Matcher named = QUOTED.matcher(text);
      if (!named.matches()) {
        throw new IllegalArgumentException("a group's name is not in double quotes");
      }
      return new Placed(
          TableGroup.requireName(named.group(1).replace("\"\"", "\"")), named.group(2));
    }
  }

  private static Command applySnapshot(String[] words) {
    return new Command.ApplySnapshot(
        words[1], Mapping.parse(words[2]), SnapshotMode.parse(words[0]));
  }

  private static Command fill(String rest) {
    Matcher listed = COLUMNS.matcher(rest);
    if (!listed.matches()) {
      throw new IllegalArgumentException("the columns are not in double quotes");
    }
    return new Command.Fill(Mapping.parse(listed.group(2)), unquoted(listed.group(1)));
  }

  private static List<String> unquoted(String columns) {
    return COLUMN
        .matcher(columns)
        .results()
        .map(column -> column.group(1).replace("\"\"", "\""))
        .toList();
  }

  /** Names of columns, each in double quotes: the form in a command, and in its row. */
  public static String columns(List<String> names) {
    return names.stream()
        .map(name -> '"' + name.replace("\"", "\"\"") + '"')
        .collect(Collectors.joining(","));
  }

  private static Command skip(String[] words) {
    try {
      return new Command.SkipChange(TargetTable.parse(words[1]), Long.parseLong(words[0]));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(quoted(words[0]) + " is not a stream sequence", e);
    }
  }

  /** Writes the form that {@link #parse} reads. */
  public static String format(Command command) {
    return command.verb().word() + " " + before(command) + place(command) + tables(command);
  }

  private static String place(Command command) {
    String group = command instanceof Command.OfGroup placed ? placed.group() : null;
    if (command instanceof Command.SetGroup) {
      return TableGroup.quoted(group == null ? "" : group) + " ";
    }
    return group == null ? "" : Placed.IN + TableGroup.quoted(group) + " ";
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
    if (command instanceof Command.Fill fill) {
      return columns(fill.columns()) + " ";
    }
    return command instanceof Command.SkipChange skip ? skip.sequence() + " " : "";
  }

  private static String tables(Command command) {
    return command instanceof Command.OfMapping both
        ? both.mapping().toString()
        : command.target().toString();
  }
}
