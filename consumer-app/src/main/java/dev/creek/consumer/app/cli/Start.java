package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.config.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What comes before a command that asks servers: the configuration, and a log that heeds it. */
final class Start {
  private static final Logger log = LoggerFactory.getLogger(Start.class);

  private Start() {}

  /**
   * Reads the configuration and sets the log up.
   *
   * @param service whether it goes on until it is stopped, and so tells more of itself
   * @throws dev.creek.consumer.app.config.ConfigurationException with every problem there is
   */
  static Configuration with(
      Settings settings, CliContext around, boolean needsBroker, boolean service) {
    var configuration = Configuration.of(settings, around.environment(), needsBroker, service);
    Configuration.Logging logging = configuration.logging();
    around.logging().accept(service ? logging : logging.forCommand());
    String warning = settings.warning();
    if (warning != null) {
      log.warn(warning);
    }
    return configuration;
  }
}
