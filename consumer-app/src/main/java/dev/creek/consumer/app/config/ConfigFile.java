package dev.creek.consumer.app.config;

import dev.creek.consumer.text.SimilarNames;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file of settings: Java properties in UTF-8, {@code nats-uri = nats://127.0.0.1:4222}. A key is
 * a setting's name as option or as variable. What cannot be used is a problem that names its line;
 * reading goes on behind it. Immutable.
 */
public final class ConfigFile {
  /** The option that names the file. */
  public static final String OPTION = "--config";

  /** The variable that names the file. */
  public static final String VARIABLE = "CREEK_CONFIG";

  /** No file. */
  public static final ConfigFile NONE = new ConfigFile("");

  /** What {@link Properties} makes something of; it drops any other backslash without a word. */
  private static final Pattern LOST_BACKSLASH =
      Pattern.compile("(?:^|[^\\\\])(?:\\\\\\\\)*\\\\[^\\\\tnrfu:=#! \n]");

  /** A line that was meant to set something: a word, and = behind it. */
  private static final Pattern ASSIGNMENT = Pattern.compile("^\\s*[A-Za-z][A-Za-z_.-]*\\s*=");

  /**
   * What a line says.
   *
   * @param line where its entry begins, from 1
   */
  record Entry(String text, int line) {}

  private final String name;
  private final Map<Setting, Entry> entries = new EnumMap<>(Setting.class);
  private final List<String> problems = new ArrayList<>();
  private @Nullable String warning;

  private ConfigFile(String name) {
    this.name = name;
  }

  /**
   * Finds and reads the file.
   *
   * @param option the option's value, null where it is not given; an empty one means none
   */
  public static ConfigFile of(@Nullable String option, Map<String, String> environment) {
    String variable = environment.getOrDefault(VARIABLE, "");
    if (option == null) {
      return variable.isBlank() ? NONE : read(VARIABLE, variable);
    }
    return option.isBlank() ? NONE : read(OPTION, option);
  }

  private static ConfigFile read(String namedBy, String name) {
    var file = new ConfigFile(name);
    try {
      Path path = Parse.readableFile(name);
      file.read(Files.readString(path));
      file.checkReaders(path);
    } catch (IllegalArgumentException e) {
      file.problems.add(namedBy + " '" + name + "': " + e.getMessage());
    } catch (IOException e) {
      file.problems.add(namedBy + " '" + name + "': cannot be read as UTF-8 text");
    }
    return file;
  }

  private void read(String text) {
    int number = 0;
    int first = 0;
    var entry = new StringBuilder();
    for (String line : text.lines().toList()) {
      number++;
      if (entry.isEmpty()) {
        first = number;
      }
      entry.append(line).append('\n');
      if (!goesOn(entry)) {
        add(entry.toString(), first);
        entry.setLength(0);
      }
    }
    add(entry.toString(), first);
  }

  /** An odd number of backslashes at the end; a comment never goes on. */
  private static boolean goesOn(CharSequence entry) {
    String text = entry.toString().stripLeading();
    int end = text.lastIndexOf('\n');
    int backslashes = 0;
    while (backslashes < end && text.charAt(end - 1 - backslashes) == '\\') {
      backslashes++;
    }
    return backslashes % 2 == 1 && !text.startsWith("#") && !text.startsWith("!");
  }

  private void add(String entry, int line) {
    var parsed = new Properties();
    try {
      parsed.load(new StringReader(entry));
    } catch (IOException | IllegalArgumentException e) {
      problem(line, "not a \\uXXXX; a backslash is written twice");
      return;
    }
    boolean assigned = ASSIGNMENT.matcher(entry).find();
    for (String key : parsed.stringPropertyNames()) {
      if (Setting.find(key) == null && !assigned) {
        problem(
            line, "not a line such as linger = 5ms (not shown: it may be the rest of a secret)");
      } else if (LOST_BACKSLASH.matcher(entry).find()) {
        problem(line, key + ": a backslash is written twice");
      } else {
        add(key, parsed.getProperty(key), line);
      }
    }
  }

  private void add(String key, String text, int line) {
    Setting setting = Setting.find(key);
    if (setting == null) {
      List<String> similar =
          SimilarNames.to(Setting.spelled(key), Setting.keys(), Function.identity(), 1);
      problem(
          line,
          "unknown key '"
              + key
              + "'"
              + (similar.isEmpty()
                  ? "; keys are the options without --"
                  : "; did you mean " + similar.get(0) + "?"));
      return;
    }
    Entry before = entries.putIfAbsent(setting, new Entry(text, line));
    if (before != null) {
      problem(line, setting.key() + " is in line " + before.line() + " already");
    }
  }

  private void problem(int line, String what) {
    problems.add(name + ":" + line + ": " + what);
  }

  private void checkReaders(Path path) throws IOException {
    boolean secret =
        entries.entrySet().stream()
            .anyMatch(entry -> entry.getKey().holdsSecret(entry.getValue().text()));
    if (secret && isReadByAll(path)) {
      warning =
          name + " holds a password, and every user of this machine can read it: chmod o= " + name;
    }
  }

  private static boolean isReadByAll(Path path) throws IOException {
    try {
      return Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_READ);
    } catch (UnsupportedOperationException e) {
      return false;
    }
  }

  @Nullable Entry find(Setting setting) {
    return entries.get(setting);
  }

  /** {@code creek.properties:3}. */
  String place(Entry entry) {
    return name + ":" + entry.line();
  }

  /** One sentence each, for the user, without secrets. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  /** What is not wrong, but should be mended; null where nothing is. */
  public @Nullable String warning() {
    return warning;
  }
}
