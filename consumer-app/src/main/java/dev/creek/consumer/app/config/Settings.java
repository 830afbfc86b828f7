package dev.creek.consumer.app.config;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was set, still as text: an option wins over the environment, and that over the default.
 * Immutable.
 */
public final class Settings {

  /** Where a value came from. */
  public enum Origin {
    OPTION,
    ENVIRONMENT,
    DEFAULT
  }

  /**
   * A setting's value.
   *
   * @param setting which
   * @param text as written
   * @param origin by whom
   */
  public record Value(Setting setting, String text, Origin origin) {

    /**
     * Name and value as the user wrote them, without secrets: {@code --linger 'x'}, {@code LINGER
     * 'x'}.
     */
    public String shown() {
      String name = origin == Origin.ENVIRONMENT ? setting.variable() : setting.option();
      return name + " '" + setting.shown(text) + "'";
    }
  }

  private final Map<Setting, Value> values = new EnumMap<>(Setting.class);

  private Settings() {}

  /**
   * Merges what was set.
   *
   * @param options given options; an empty one takes the setting back to its default, whatever the
   *     environment says
   * @param environment variables; empty ones count as not set, because that is how compose files
   *     and unit files unset them
   */
  public static Settings of(Map<Setting, String> options, Map<String, String> environment) {
    var settings = new Settings();
    for (Setting setting : Setting.values()) {
      Value value = find(setting, options, environment);
      if (value != null) {
        settings.values.put(setting, value);
      }
    }
    return settings;
  }

  private static @Nullable Value find(
      Setting setting, Map<Setting, String> options, Map<String, String> environment) {
    String option = options.get(setting);
    if (option != null && !option.isBlank()) {
      return new Value(setting, option, Origin.OPTION);
    }
    String variable = environment.get(setting.variable());
    if (option == null && variable != null && !variable.isBlank()) {
      return new Value(setting, variable, Origin.ENVIRONMENT);
    }
    String fallback = setting.fallback();
    return fallback == null ? null : new Value(setting, fallback, Origin.DEFAULT);
  }

  /** The value, or null where nobody set it and it has no default. */
  public @Nullable Value find(Setting setting) {
    return values.get(setting);
  }
}
