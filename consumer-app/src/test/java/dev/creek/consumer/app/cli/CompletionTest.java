package dev.creek.consumer.app.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script does in a real bash what the Tab key makes bash ask of it. */
final class CompletionTest {
  private static final String TAB =
      """
      compopt() { :; }
      source "$1"; shift
      COMP_WORDS=(creek-consumer "$@") COMP_CWORD=$#
      _complete_creek-consumer creek-consumer "${@: -1}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """;

  private final CliRun cli = new CliRun();

  @TempDir private Path folder;
  private Path script;

  @BeforeEach
  void print() throws IOException {
    assertThat(cli.run("completion", "bash")).isZero();
    script = Files.writeString(folder.resolve("script"), cli.out.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "list-t,list-tables",
    "serve --nats-t,--nats-token --nats-token-file --nats-tls-ca --nats-tls-cert --nats-tls-key",
    "list-tables --js,--json",
    "serve --log-level d,debug",
    "--generation o,old",
    "--broker-reader c,client",
    "--grouping d,database",
    "--db-pooler s,session",
    "--notified-commands of,off",
    "--log-format json remove,remove-tables remove-table",
    "completion z,zsh"
  })
  void completesCommandsOptionsAndValues(String typed, String offered) throws Exception {
    assertThat(complete(typed.split(" "))).containsExactlyInAnyOrder(offered.split(" "));
  }

  @Test
  void completesNamesOfFiles() throws Exception {
    Files.createFile(folder.resolve("some.creds"));
    assertThat(complete("--nats-creds", "some")).containsExactly("some.creds");
    assertThat(complete("serve", "--config", "some")).containsExactly("some.creds");
  }

  @Test
  void zshReadsTheSameScript() {
    var zsh = new CliRun();
    assertThat(zsh.run("completion", "zsh")).isZero();
    assertThat(zsh.out).hasToString(cli.out.toString());
  }

  @Test
  void anotherShellIsRefused() {
    assertThat(cli.run("completion", "fish")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("expected one of [bash, zsh]");
  }

  private List<String> complete(String... words) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("bash", "-c", TAB, "bash", script.toString()));
    command.addAll(List.of(words));
    Process bash =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String said = new String(bash.getInputStream().readAllBytes(), UTF_8);
    assertThat(bash.waitFor()).describedAs(said).isZero();
    return said.lines().toList();
  }
}
