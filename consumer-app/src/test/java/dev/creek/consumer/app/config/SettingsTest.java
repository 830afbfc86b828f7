package dev.creek.consumer.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.app.config.Settings.Origin;
import dev.creek.consumer.app.config.Settings.Value;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SettingsTest {

  @Test
  void anOptionWinsOverTheEnvironmentAndThatOverTheDefault() {
    var option = Map.of(Setting.NATS_NAMESPACE, "FROM_OPTION");
    var environment = Map.of("NATS_NAMESPACE", "FROM_ENV");
    assertThat(find(option, environment, Setting.NATS_NAMESPACE))
        .isEqualTo(
            new Value(Setting.NATS_NAMESPACE, "FROM_OPTION", Origin.OPTION, "--nats-namespace"));
    assertThat(find(Map.of(), environment, Setting.NATS_NAMESPACE))
        .isEqualTo(
            new Value(Setting.NATS_NAMESPACE, "FROM_ENV", Origin.ENVIRONMENT, "NATS_NAMESPACE"));
    assertThat(find(Map.of(), Map.of(), Setting.NATS_NAMESPACE))
        .isEqualTo(new Value(Setting.NATS_NAMESPACE, "CREEK", Origin.DEFAULT, "--nats-namespace"));
  }

  @Test
  void anEmptyVariableIsNotSet() {
    assertThat(find(Map.of(), Map.of("LOG_LEVEL", " "), Setting.LOG_LEVEL))
        .isEqualTo(new Value(Setting.LOG_LEVEL, "info", Origin.DEFAULT, "--log-level"));
    assertThat(find(Map.of(), Map.of("NATS_TOKEN", ""), Setting.NATS_TOKEN)).isNull();
  }

  @Test
  void anEmptyOptionTakesTheEnvironmentBack() {
    assertThat(find(Map.of(Setting.NATS_CREDS, ""), Map.of("NATS_CREDS", "/x"), Setting.NATS_CREDS))
        .isNull();
  }

  @Test
  void everySettingHasTheSameNameEverywhere() {
    assertThat(Setting.NATS_URI.option()).isEqualTo("--nats-uri");
    assertThat(Setting.PROMETHEUS_PORT.option()).isEqualTo("--prometheus-port");
    assertThat(Setting.DB_NAMESPACE.variable()).isEqualTo("DB_NAMESPACE");
    assertThat(Setting.DB_NAMESPACE.key()).isEqualTo("db-namespace");
  }

  private static Value find(
      Map<Setting, String> options, Map<String, String> environment, Setting setting) {
    return Settings.of(options, environment, ConfigFile.NONE).find(setting);
  }
}
