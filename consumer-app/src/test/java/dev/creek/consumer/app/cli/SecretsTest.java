package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.app.config.Setting;
import dev.creek.consumer.testing.FuzzedSecret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever goes wrong, no secret is printed: of option, environment, file or a library's words. */
final class SecretsTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "create-schemas s.a.b:c.d",
        "add-tables s.a.b:c.d",
        "remove-tables c.d",
        "snapshot s.a.b:c.d",
        "resync s.a.b:c.d",
        "list-tables",
        "list-tables --json",
        "status",
        "status --json",
        "check s.a.b:c.d",
        "check --json",
        "verify s.a.b:c.d --patience 0",
        "init",
        "config",
        "config --json",
        "serve"
      })
  void areNeverPrinted(String line) throws IOException {
    for (var options : wrongAndRight()) {
      var cli = CliRun.withServers();
      cli.environment.put("SOURCE_URI", "postgres://me:geheim@h/s");
      var leak = new IllegalStateException("no way to nats://me:geheim@h?password=geheim");
      for (String asked :
          List.of(
              "CREATE s.a.b:c.d",
              "ADD s.a.b:c.d",
              "REMOVE c.d",
              "SNAP upsert s.a.b:c.d",
              "RESYNC s.a.b:c.d",
              "subscriptions",
              "check [s.a.b:c.d]",
              "check []",
              "initialize",
              "run")) {
        cli.consumer.failures.put(asked, leak);
      }
      var arguments = new ArrayList<>(List.of(line.split(" ")));
      arguments.addAll(options);
      cli.run(arguments.toArray(String[]::new));
      assertThat(cli.out.toString() + cli.err).doesNotContain("geheim");
    }
  }

  static Stream<FuzzedSecret> secrets() {
    return FuzzedSecret.all(16, 10);
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void ofAnyFormAreInNoPlaceOfTheConfigurationPrinted(FuzzedSecret secret) throws IOException {
    for (Map.Entry<Setting, String> place : places(secret).entrySet()) {
      Setting setting = place.getKey();
      String text = place.getValue();
      var byVariable = CliRun.withServers();
      byVariable.environment.put(setting.variable(), text);
      byVariable.run("config");
      assertSilent(byVariable, secret);
      var byOption = CliRun.withServers();
      byOption.run("check", setting.option(), text);
      assertSilent(byOption, secret);
      var byFile = CliRun.withServers();
      byFile.environment.remove(setting.variable());
      byFile.run("config", "--json", "--config", file(setting.key() + " = " + text));
      assertSilent(byFile, secret);
    }
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void ofAnyFormAreNotPrintedWhereAUriIsTakenForATable(FuzzedSecret secret) {
    var inLibpqsVariables = CliRun.withServers();
    inLibpqsVariables.environment.put("DB_URI", "postgres://me@h/db");
    inLibpqsVariables.environment.put("PGPASSWORD", secret.text());
    inLibpqsVariables.run("config");
    assertSilent(inLibpqsVariables, secret);
    for (String uri : List.of("postgres://me:%s@h/db", "nats://%s@h", "x://%s:y.z")) {
      for (String verb : List.of("add-tables", "remove-tables", "list-snapshots")) {
        var asArgument = CliRun.withServers();
        asArgument.run(verb, uri.formatted(secret.text()));
        assertSilent(asArgument, secret);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void ofAnyFormAreNotPrintedWhereTheCommandLineOrTheFileIsWrong(FuzzedSecret secret)
      throws IOException {
    for (List<String> wrong :
        List.of(
            List.of("config", "--nats-pasword=" + secret.text()),
            List.of("config", "--nats-pasword:" + secret.text()),
            List.of("config", "--nats-pasword", secret.text()),
            List.of("config", "-p" + secret.text()),
            List.of("--nats-user", "me", secret.text(), "config"),
            List.of("config", "--config", file("nats-user = me\n" + secret.text())),
            List.of("config", "--config", file("nats-password = a\n  " + secret.text() + "\n")))) {
      var run = CliRun.withServers();
      run.run(wrong.toArray(String[]::new));
      assertSilent(run, secret);
    }
  }

  private static void assertSilent(CliRun run, FuzzedSecret secret) {
    secret.assertNotIn(run.out.toString());
    secret.assertNotIn(run.err.toString());
    if (run.configuration != null) {
      secret.assertNotIn(run.configuration.toString());
    }
  }

  private Map<Setting, String> places(FuzzedSecret secret) throws IOException {
    var places = new EnumMap<Setting, String>(Setting.class);
    String inFile = file(secret.text());
    String login = "//me:" + secret.text() + "@h";
    places.put(Setting.NATS_URI, "nats:" + login + ":4222");
    places.put(Setting.NATS_USER, "me");
    places.put(Setting.NATS_PASSWORD, secret.text());
    places.put(Setting.NATS_TOKEN, secret.text());
    places.put(Setting.NATS_TOKEN_FILE, inFile);
    places.put(Setting.NATS_PASSWORD_FILE, inFile);
    places.put(Setting.NATS_CREDS, inFile);
    places.put(Setting.DB_URI, "postgres:" + login + "/db");
    places.put(Setting.DB_PASSWORD, secret.text());
    places.put(Setting.DB_PASSWORD_FILE, inFile);
    places.put(Setting.SOURCE_URI, "postgres:" + login + "/db");
    places.put(Setting.HTTP_TOKEN_FILE, inFile);
    return places;
  }

  private String file(String content) throws IOException {
    Path file = Files.createTempFile(folder, "given", "");
    return Files.writeString(file, content).toString();
  }

  private List<List<String>> wrongAndRight() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("p"),
            "nats-token = geheim\ndb-url = postgres://me:geheim@h\nlinger = x\n");
    return List.of(
        List.of(),
        List.of("--config", file.toString()),
        List.of("--nats-uri", "nats://geheim@h", "--db-uri", "postgres://me:geheim@h/db"),
        List.of("--db-uri", "mysql://me:geheim@h/db"),
        List.of("--nats-password", "geheim"),
        List.of("--nats-tokn=geheim"),
        List.of("--nats-uri", "http://me:geheim@h"));
  }
}
