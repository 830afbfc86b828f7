package dev.creek.consumer.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Session settings in the form of libpq's {@code options}. */
final class LibpqOptions {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z0-9_]+)*");

  private LibpqOptions() {}

  /**
   * Reads libpq's {@code options}: {@code -c name=value}, {@code -cname=value}, {@code
   * --name=value}, spaces escaped with a backslash.
   *
   * @throws IllegalArgumentException where it is something else, or a setting that must not change
   */
  static Map<String, String> parse(String options) {
    var settings = new LinkedHashMap<String, String>();
    var words = words(options);
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      String setting;
      if (word.equals("-c") && i + 1 < words.size()) {
        setting = words.get(++i);
      } else if (word.startsWith("--") || (word.startsWith("-c") && word.length() > 2)) {
        setting = word.substring(2);
      } else {
        throw new IllegalArgumentException(
            "database parameter options must look like -c name=value or --name=value");
      }
      put(settings, setting, word.startsWith("--"));
    }
    return settings;
  }

  private static void put(Map<String, String> settings, String setting, boolean dashes) {
    int equals = setting.indexOf('=');
    String name = equals < 0 ? setting : setting.substring(0, equals);
    if (dashes) {
      name = name.replace('-', '_');
    }
    if (equals < 0 || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "database parameter options must look like -c name=value or --name=value");
    }
    if (DatabaseOptions.FIXED_SETTINGS.containsKey(name.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException(
          "session setting " + name + " cannot be changed: values are written relying on it");
    }
    settings.put(name, setting.substring(equals + 1));
  }

  private static List<String> words(String options) {
    var words = new ArrayList<String>();
    var word = new StringBuilder();
    boolean inWord = false;
    for (int i = 0; i < options.length(); i++) {
      char c = options.charAt(i);
      if (c == '\\' && i + 1 < options.length()) {
        word.append(options.charAt(++i));
        inWord = true;
      } else if (Character.isWhitespace(c)) {
        if (inWord) {
          words.add(word.toString());
          word.setLength(0);
          inWord = false;
        }
      } else {
        word.append(c);
        inWord = true;
      }
    }
    if (inWord) {
      words.add(word.toString());
    }
    return words;
  }
}
