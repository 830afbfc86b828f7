package dev.creek.consumer.app.config;

import java.util.List;

/** The configuration does not do; says everything that is wrong with it, without secrets. */
public final class ConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("serial") // an immutable list of strings
  private final List<String> problems;

  public ConfigurationException(List<String> problems) {
    super(String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /** One sentence each, for the user. */
  public List<String> problems() {
    return problems;
  }
}
