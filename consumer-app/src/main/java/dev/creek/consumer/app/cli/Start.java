package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.config.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first steps of a command that connects to servers: it reads the configuration and configures
 * the log.
 */
final class Start {
  private static final Logger log = LoggerFactory.getLogger(Start.class);

  private Start() {}

  /**
   * Reads the configuration and configures the log.
   *
   * @param use a service logs more than a command
   * @throws dev.creek.consumer.app.config.ConfigurationException with every problem
   */
  static Configuration with(
      Settings settings, CliContext around, Configuration.Need need, Configuration.Use use) {
    var configuration = Configuration.of(settings, around.environment(), need, use);
    Configuration.Logging logging = configuration.logging();
    around.logging().accept(use == Configuration.Use.SERVICE ? logging : logging.forCommand());
    String warning = settings.warning();
    if (warning != null) {
      log.warn(warning);
    }
    return configuration;
  }
}
