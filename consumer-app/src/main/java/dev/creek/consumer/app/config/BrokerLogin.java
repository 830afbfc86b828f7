package dev.creek.consumer.app.config;

import dev.creek.consumer.api.BrokerCredentials;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The login to the broker: one of several methods, or the one in its URI. */
final class BrokerLogin {
  private final ConfigurationReader settings;

  BrokerLogin(ConfigurationReader settings) {
    this.settings = settings;
  }

  BrokerCredentials read() {
    Path file = settings.optional(Setting.NATS_CREDS, Parse::readableFile);
    String user = settings.optional(Setting.NATS_USER, text -> text);
    String password = settings.secret(Setting.NATS_PASSWORD, Setting.NATS_PASSWORD_FILE);
    String token = settings.secret(Setting.NATS_TOKEN, Setting.NATS_TOKEN_FILE);
    checkOneWay();
    if (user != null && password != null) {
      return new BrokerCredentials.User(user, password);
    }
    if (token != null) {
      return new BrokerCredentials.Token(token);
    }
    return file == null
        ? new BrokerCredentials.None()
        : new BrokerCredentials.CredentialsFile(file);
  }

  private void checkOneWay() {
    boolean withPassword = anyGiven(Setting.NATS_PASSWORD, Setting.NATS_PASSWORD_FILE);
    boolean withUser = anyGiven(Setting.NATS_USER);
    if (withUser != withPassword) {
      settings.problem(
          "--nats-user and --nats-password (or --nats-password-file) are needed together");
    }
    long ways =
        Stream.of(
                anyGiven(Setting.NATS_CREDS),
                withUser || withPassword,
                anyGiven(Setting.NATS_TOKEN, Setting.NATS_TOKEN_FILE))
            .filter(given -> given)
            .count();
    if (ways > 1) {
      settings.problem(
          "only one of --nats-creds, --nats-user and --nats-token can be used to log in to the "
              + "broker");
    }
  }

  private boolean anyGiven(Setting... of) {
    return Stream.of(of).anyMatch(settings::isGiven);
  }
}
