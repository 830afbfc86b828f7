package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.app.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShowConfigTest {
  private final CliRun cli = CliRun.withServers();

  @TempDir private Path folder;

  @Test
  void showsEverySettingWithItsOrigin() throws IOException {
    String file = file("linger = 5ms\nbatch-rows = 10");
    assertThat(cli.run("config", "--config", file, "--batch-rows=20")).isZero();
    assertThat(cli.out.toString().lines())
        .hasSize(Setting.values().length + 1)
        .anyMatch(line -> line.matches("db-uri +postgres://me:\\*\\*\\*@127.0.0.1/db +DB_URI"))
        .anyMatch(line -> line.matches("linger +5ms +" + file + ":1"))
        .anyMatch(line -> line.matches("batch-rows +20 +--batch-rows"))
        .anyMatch(line -> line.matches("log-level +info +default"))
        .anyMatch(line -> line.matches("nats-creds +- +-"));
    assertThat(cli.consumer.asked).isEmpty();
  }

  @Test
  void givesProgramsJson() throws IOException {
    String file = file("linger = 5ms\nnats-token = geheim");
    assertThat(cli.run("config", "--json", "--config", file)).isZero();
    JsonNode settings = new ObjectMapper().readTree(cli.out.toString());
    assertThat(settings).hasSize(Setting.values().length);
    JsonNode linger = setting(settings, Setting.LINGER);
    assertThat(linger.get("setting").textValue()).isEqualTo("linger");
    assertThat(linger.get("value").textValue()).isEqualTo("5ms");
    assertThat(linger.get("origin").textValue()).isEqualTo("file");
    assertThat(linger.get("place").textValue()).isEqualTo(file + ":1");
    JsonNode token = setting(settings, Setting.NATS_TOKEN);
    assertThat(token.get("value").textValue()).isEqualTo("***");
    JsonNode certificate = setting(settings, Setting.NATS_TLS_CERT);
    assertThat(certificate.get("value").isNull()).isTrue();
    assertThat(certificate.get("origin").isNull()).isTrue();
  }

  @Test
  void showsWhatHoldsEvenWhereItCannotBeUsedAndSaysWhy() throws IOException {
    cli.environment.remove("NATS_URI");
    String file = file("nats-password = geheim\nnats-url = nats://geheim@one");
    assertThat(cli.run("config", "--config", file)).isEqualTo(ExitCode.USAGE);
    assertThat(cli.out.toString()).containsPattern("nats-password +\\*\\*\\* ");
    assertThat(cli.err.toString())
        .contains("creek-consumer: 3 problems:")
        .contains(file + ":2: unknown key 'nats-url'; did you mean nats-uri?")
        .contains("--nats-uri (or NATS_URI in the environment) is missing");
    assertThat(cli.out.toString() + cli.err).doesNotContain("geheim");
  }

  private String file(String text) throws IOException {
    return Files.writeString(folder.resolve("creek.properties"), text).toString();
  }

  private static JsonNode setting(JsonNode settings, Setting wanted) {
    for (JsonNode setting : settings) {
      if (("--" + setting.get("setting").textValue()).equals(wanted.option())) {
        return setting;
      }
    }
    throw new AssertionError(wanted + " is not told");
  }
}
