package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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
