package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Settings;

/** A command that asks no server, and so does without a complete configuration. */
interface LocalVerb {

  /**
   * Does it; returns the exit code.
   *
   * @throws dev.creek.consumer.app.config.ConfigurationException where it is used wrongly
   */
  int run(Settings settings, CliContext around);
}
