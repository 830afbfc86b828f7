package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;

/** A command of the command line. */
interface ServerVerb {

  /** Tells whether it uses the broker; the others run without one. */
  boolean needsBroker();

  /**
   * Checks the arguments before anything is done.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  default void checkArguments() {}

  /** Runs it; returns the exit code. May throw the consumer's exceptions. */
  int run(Configuration configuration, CliContext around);
}
