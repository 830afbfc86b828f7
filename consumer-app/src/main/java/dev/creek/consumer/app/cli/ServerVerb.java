package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;

/** A command of the command line. */
interface ServerVerb {

  /** Whether it asks the broker; the others run without knowing one. */
  boolean needsBroker();

  /**
   * Reads the arguments before anything is done.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  default void checkArguments() {}

  /** Does it; returns the exit code. May throw what the consumer throws. */
  int run(Configuration configuration, CliContext around);
}
