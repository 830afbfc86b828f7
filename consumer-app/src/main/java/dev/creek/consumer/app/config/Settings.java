package dev.creek.consumer.app.config;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings as text: an option overrides the environment, the environment the file, and the file
 * the default. Immutable.
 */
public final class Settings {

  /** The origin of a value. */
  public enum Origin {
    OPTION,
    ENVIRONMENT,
    FILE,
    DEFAULT
  }

  /**
   * A setting's value.
   *
   * @param setting the setting
   * @param text as written
   * @param origin its origin
   * @param place where it is set: {@code --linger}, {@code LINGER}, {@code creek.properties:3}
   */
  public record Value(Setting setting, String text, Origin origin, String place) {

    /** Place and value, without secrets: {@code --linger 'x'}, {@code LINGER 'x'}. */
    String shown() {
      String key = origin == Origin.FILE ? ": " + setting.key() : "";
      return place + key + " '" + setting.shown(text) + "'";
    }
  }

  private final Map<Setting, Value> values = new EnumMap<>(Setting.class);
  private final ConfigFile file;

  private Settings(ConfigFile file) {
    this.file = file;
  }

  /**
   * Merges the settings.
   *
   * @param options given options; an empty one restores the default, whatever environment and file
   *     say
   * @param environment variables; empty ones count as not set, because compose files and unit files
   *     unset them that way
   * @param file a settings file; empty values count as not set
   */
  public static Settings of(
      Map<Setting, String> options, Map<String, String> environment, ConfigFile file) {
    var settings = new Settings(file);
    for (Setting setting : Setting.values()) {
      Value value = find(setting, options, environment, file);
      if (value != null) {
        settings.values.put(setting, value);
      }
    }
    return settings;
  }

  private static @Nullable Value find(
      Setting setting,
      Map<Setting, String> options,
      Map<String, String> environment,
      ConfigFile file) {
    String option = options.get(setting);
    if (option != null) {
      return option.isBlank()
          ? byDefault(setting)
          : new Value(setting, option, Origin.OPTION, setting.option());
    }
    String variable = environment.get(setting.variable());
    if (variable != null && !variable.isBlank()) {
      return new Value(setting, variable, Origin.ENVIRONMENT, setting.variable());
    }
    ConfigFile.Entry entry = file.find(setting);
    if (entry != null && !entry.text().isBlank()) {
      return new Value(setting, entry.text(), Origin.FILE, file.place(entry));
    }
    return byDefault(setting);
  }

  private static @Nullable Value byDefault(Setting setting) {
    String fallback = setting.fallback();
    return fallback == null ? null : new Value(setting, fallback, Origin.DEFAULT, setting.option());
  }

  /** The value, or null if it is not set and has no default. */
  public @Nullable Value find(Setting setting) {
    return values.get(setting);
  }

  /** Problems of the file itself. */
  List<String> problems() {
    return file.problems();
  }

  /** A warning that is no error; null if there is none. */
  public @Nullable String warning() {
    return file.warning();
  }
}
