package dev.creek.consumer.app.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.api.BrokerOptions.Reader;
import dev.creek.consumer.api.DatabaseOptions.Pooler;
import dev.creek.consumer.api.DatabaseOptions.ReplicationRole;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.app.config.Configuration.LogFormat;
import dev.creek.consumer.app.config.Configuration.LogLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Converts a setting's text to its value. A wrong text is an {@link IllegalArgumentException} whose
 * message describes the expected form, and never repeats the text, which may be secret.
 */
final class Parse {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,10}) ?(|b|k|kb|kib|m|mb|mib)");

  private static final Duration LONGEST_LINGER = Duration.ofMinutes(1);
  private static final Duration LONGEST_LIMIT = Duration.ofHours(24);
  private static final int POSTGRES_NAME_BYTES = 63;

  private Parse() {}

  static String brokerNamespace(String text) {
    if (!text.matches("[^\\s.*>/\\\\]+")) {
      throw new IllegalArgumentException("cannot begin the name of a stream");
    }
    return text;
  }

  static String inboxPrefix(String text) {
    if (!text.matches("[^\\s.*>$]+")) {
      throw new IllegalArgumentException("cannot begin a subject that answers come to");
    }
    return text;
  }

  static String schemaName(String text) {
    return postgresName(text, "a schema");
  }

  static String roleName(String text) {
    return postgresName(text, "a role");
  }

  private static String postgresName(String text, String what) {
    if (text.getBytes(UTF_8).length > POSTGRES_NAME_BYTES || text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("not the name of " + what + ": at most 63 bytes");
    }
    return text;
  }

  /** Columns of target tables. A name that contains a dot is ambiguous, and is refused. */
  static Set<String> columns(String text) {
    var columns = new TreeSet<String>();
    for (String column : text.split(",", -1)) {
      if (column.strip().split("\\.", -1).length != 3 || column.contains("..")) {
        throw new IllegalArgumentException("must be columns as schema.table.column");
      }
      columns.add(column.strip());
    }
    return columns;
  }

  /** Null for auto. */
  static @Nullable Generation generation(String text) {
    return switch (lower(text)) {
      case "auto" -> null;
      case "old" -> Generation.OLD;
      case "new" -> Generation.NEW;
      default -> throw new IllegalArgumentException("none of old, new, auto");
    };
  }

  static Reader brokerReader(String text) {
    return switch (lower(text)) {
      case "direct" -> Reader.DIRECT;
      case "client" -> Reader.CLIENT;
      default -> throw new IllegalArgumentException("none of direct, client");
    };
  }

  static Grouping grouping(String text) {
    return switch (lower(text)) {
      case "table" -> Grouping.TABLE;
      case "database" -> Grouping.DATABASE;
      default -> throw new IllegalArgumentException("none of table, database");
    };
  }

  static SchemaPolicy schemaPolicy(String text) {
    return SchemaPolicy.of(lower(text))
        .orElseThrow(() -> new IllegalArgumentException("none of stop, add, follow, ignore"));
  }

  static Pooler pooler(String text) {
    return switch (lower(text)) {
      case "none" -> Pooler.NONE;
      case "session" -> Pooler.SESSION;
      case "transaction" -> Pooler.TRANSACTION;
      case "statement" ->
          throw new IllegalArgumentException(
              "not supported, because rows and position are one transaction: must be none, session "
                  + "or transaction");
      default -> throw new IllegalArgumentException("none of none, session, transaction");
    };
  }

  static ReplicationRole replicationRole(String text) {
    return switch (lower(text)) {
      case "origin" -> ReplicationRole.ORIGIN;
      case "replica" -> ReplicationRole.REPLICA;
      default -> throw new IllegalArgumentException("neither origin nor replica");
    };
  }

  static Path readableFile(String text) {
    try {
      Path path = Path.of(text);
      if (Files.isRegularFile(path) && Files.isReadable(path)) {
        return path;
      }
    } catch (InvalidPathException e) {
      // For the user the message is the same.
    }
    throw new IllegalArgumentException("not a file that can be read");
  }

  /** A file's text without its last line break, which editors add. */
  static String secretFile(String file) {
    try {
      return Files.readString(readableFile(file)).stripTrailing();
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot be read as text", e);
    }
  }

  /** Null for auto. */
  static @Nullable Duration linger(String text) {
    return lower(text).equals("auto") ? null : DurationText.parse(text, LONGEST_LINGER);
  }

  /** A time limit; zero is refused, because it might be taken for no limit. */
  static Duration limit(String text) {
    Duration limit = DurationText.parse(text, LONGEST_LIMIT);
    if (limit.isZero()) {
      throw new IllegalArgumentException("must be longer than 0");
    }
    return limit;
  }

  static int count(String text, int least, int most) {
    long count;
    try {
      count = Long.parseLong(text.replace("_", ""));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a whole number", e);
    }
    return within(count, least, most);
  }

  static int bytes(String text, int least, int most) {
    Matcher size = SIZE.matcher(lower(text));
    if (!size.matches()) {
      throw new IllegalArgumentException("not a size such as 524288, 512KiB or 2MiB");
    }
    int shift =
        switch (size.group(2)) {
          case "k", "kb", "kib" -> 10;
          case "m", "mb", "mib" -> 20;
          default -> 0;
        };
    return within(Long.parseLong(size.group(1)) << shift, least, most);
  }

  private static int within(long value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException("not between " + least + " and " + most);
    }
    return (int) value;
  }

  /** Includes the names of the Go consumer's levels. */
  static LogLevel logLevel(String text) {
    return switch (lower(text)) {
      case "panic", "fatal", "error" -> LogLevel.ERROR;
      case "warn", "warning" -> LogLevel.WARN;
      case "info" -> LogLevel.INFO;
      case "debug" -> LogLevel.DEBUG;
      case "trace" -> LogLevel.TRACE;
      default -> throw new IllegalArgumentException("none of error, warn, info, debug, trace");
    };
  }

  static LogFormat logFormat(String text) {
    return switch (lower(text)) {
      case "text" -> LogFormat.TEXT;
      case "json" -> LogFormat.JSON;
      default -> throw new IllegalArgumentException("none of text, json");
    };
  }

  static double rate(String text) {
    double rate;
    try {
      rate = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a number", e);
    }
    if (!(rate >= 0 && rate <= 1e9)) {
      throw new IllegalArgumentException("not a number of lines a second");
    }
    return rate;
  }

  static boolean onOrOff(String text) {
    return switch (lower(text)) {
      case "on", "true", "yes" -> true;
      case "off", "false", "no" -> false;
      default -> throw new IllegalArgumentException("neither on nor off");
    };
  }

  /** Null for off. */
  static @Nullable Integer port(String text) {
    return lower(text).equals("off") ? null : count(text, 0, 65535);
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
