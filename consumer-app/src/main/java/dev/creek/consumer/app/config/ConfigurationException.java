package dev.creek.consumer.app.config;

import java.util.List;

/** The configuration cannot be used; the message contains every problem, without secrets. */
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
