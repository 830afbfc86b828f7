package dev.creek.consumer.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.app.config.Settings.Origin;
import dev.creek.consumer.app.config.Settings.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigFileTest {
  @TempDir private Path folder;

  @Test
  void setsWhatNeitherOptionNorVariableSets() throws IOException {
    String file = file("nats-namespace = FROM_FILE\ndb-namespace: of_file\nlog-level debug");
    var environment = Map.of("DB_NAMESPACE", "of_env", "CREEK_CONFIG", file);
    var settings =
        Settings.of(
            Map.of(Setting.LOG_LEVEL, "warn"), environment, ConfigFile.of(null, environment));
    assertThat(settings.find(Setting.NATS_NAMESPACE))
        .isEqualTo(new Value(Setting.NATS_NAMESPACE, "FROM_FILE", Origin.FILE, file + ":1"));
    assertThat(settings.find(Setting.DB_NAMESPACE).text()).isEqualTo("of_env");
    assertThat(settings.find(Setting.LOG_LEVEL).text()).isEqualTo("warn");
  }

  @Test
  void anEmptyOptionOrValueMeansTheDefault() throws IOException {
    String file = file("nats-namespace = FROM_FILE\ndb-namespace =");
    var settings =
        Settings.of(Map.of(Setting.NATS_NAMESPACE, ""), Map.of(), ConfigFile.of(file, Map.of()));
    assertThat(settings.find(Setting.NATS_NAMESPACE).text()).isEqualTo("CREEK");
    assertThat(settings.find(Setting.DB_NAMESPACE).text()).isEqualTo("_creek_consumer");
  }

  @Test
  void theOptionNamesAnotherFileOrNone() throws IOException {
    var environment = Map.of("CREEK_CONFIG", folder.resolve("nowhere").toString());
    assertThat(ConfigFile.of(file("linger = 5ms"), environment).find(Setting.LINGER).text())
        .isEqualTo("5ms");
    assertThat(ConfigFile.of("", environment).problems()).isEmpty();
    assertThat(ConfigFile.of(null, environment).problems())
        .containsExactly(
            "CREEK_CONFIG '" + folder.resolve("nowhere") + "': not a file that can be read");
    assertThat(ConfigFile.of(folder.toString(), environment).problems())
        .containsExactly("--config '" + folder + "': not a file that can be read");
  }

  @Test
  void aKeyMayBeSpelledAsOptionOrVariable() throws IOException {
    var file = read("NATS_URI=nats://one\ndb-uri=postgres://me@h/db");
    assertThat(file.find(Setting.NATS_URI).text()).isEqualTo("nats://one");
    assertThat(file.find(Setting.DB_URI).text()).isEqualTo("postgres://me@h/db");
  }

  @ParameterizedTest
  @EnumSource(Setting.class)
  void everySettingMayStandInIt(Setting setting) throws IOException {
    var file = read(setting.key() + " = here");
    assertThat(file.problems()).isEmpty();
    assertThat(file.find(setting).text()).isEqualTo("here");
  }

  @Test
  void linesAreCountedAsEditorsCountThem() throws IOException {
    var file =
        read(
            """
            # a comment never goes on \\
            nats-uri = nats://one,\\
                       nats://två

              ! another

            linger = 5ms
            """);
    assertThat(file.problems()).isEmpty();
    assertThat(file.find(Setting.NATS_URI))
        .isEqualTo(new ConfigFile.Entry("nats://one,nats://två", 2));
    assertThat(file.find(Setting.LINGER)).isEqualTo(new ConfigFile.Entry("5ms", 7));
  }

  @Test
  void everyLineThatIsOfNoUseIsAProblem() throws IOException {
    String name =
        file(
            """
            nats-url = nats://me:geheim@one
            linger = 5ms
            colour = geheim
            LINGER = 6ms
            nats-creds = \\u00zz
            nats-password = ge\\heim
            """);
    assertThat(ConfigFile.of(name, Map.of()).problems())
        .containsExactly(
            name + ":1: unknown key 'nats-url'; did you mean nats-uri?",
            name + ":3: unknown key 'colour'; keys are the options without --",
            name + ":4: linger is in line 2 already",
            name + ":5: not a \\uXXXX; a backslash is written twice",
            name + ":6: nats-password: a backslash is written twice");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\\\\b", "a\\\\\\\\b", "\\u0061b", "a\\ b\\=c", "a\\\n  b"})
  void backslashesThatPropertiesKeepArePassed(String text) throws IOException {
    assertThat(read("nats-password = " + text).problems()).isEmpty();
  }

  @Test
  void textThatIsNotUtf8IsRefused() throws IOException {
    Path path = Files.write(folder.resolve("latin"), new byte[] {'a', '=', (byte) 0xe5});
    assertThat(ConfigFile.of(path.toString(), Map.of()).problems())
        .containsExactly("--config '" + path + "': cannot be read as UTF-8 text");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "db-password = x",
        "nats-token = x",
        "nats-uri = nats://me:x@one",
        "db-uri = postgres://h/db?password=x"
      })
  void warnsWhereEverybodyCanReadAPassword(String text) throws IOException {
    assertThat(withPermissions(text, "rw-r-----").warning()).isNull();
    assertThat(withPermissions(text, "rw-r--r--").warning())
        .contains("every user of this machine can read it: chmod o= ")
        .doesNotContain("x@");
  }

  @Test
  void aFileWithoutPasswordsMayBeReadByEverybody() throws IOException {
    String text = "db-uri = postgres://me@h/db\ndb-password-file = /run/p\nnats-password =";
    assertThat(withPermissions(text, "rw-r--r--").warning()).isNull();
  }

  private ConfigFile withPermissions(String text, String permissions) throws IOException {
    String file = file(text);
    Files.setPosixFilePermissions(Path.of(file), PosixFilePermissions.fromString(permissions));
    return ConfigFile.of(file, Map.of());
  }

  private ConfigFile read(String text) throws IOException {
    return ConfigFile.of(file(text), Map.of());
  }

  private String file(String text) throws IOException {
    return Files.writeString(folder.resolve("creek.properties"), text).toString();
  }
}
