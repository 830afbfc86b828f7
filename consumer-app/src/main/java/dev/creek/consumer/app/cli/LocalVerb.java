package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Settings;

/** A command that connects to no server, and so needs no complete configuration. */
interface LocalVerb {

  /**
   * Runs it; returns the exit code.
   *
   * @throws dev.creek.consumer.app.config.ConfigurationException if it is used wrongly
   */
  int run(Settings settings, CliContext around);
}
