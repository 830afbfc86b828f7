package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.app.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the documents say is what the program does. */
final class DocsTest {
  private static final Path ROOT = Path.of("..");

  @ParameterizedTest
  @ValueSource(strings = {"--help", "serve --help"})
  void showTheHelpThatTheProgramPrints(String arguments) throws IOException {
    var cli = new CliRun();
    cli.run(arguments.split(" "));
    assertThat(read("docs/cli.md"))
        .contains(
            "```\n$ creek-consumer "
                + arguments
                + "\n"
                + cli.out.toString().stripTrailing()
                + "\n```");
  }

  @ParameterizedTest
  @EnumSource(Setting.class)
  void tellTheSameDefaults(Setting setting) throws IOException {
    String row =
        read("README.md")
            .lines()
            .filter(line -> line.startsWith("|") && line.contains("`" + setting.option() + "`"))
            .findFirst()
            .orElse("");
    // The table has what most need; what it has must be right.
    if (!row.isEmpty()) {
      assertThat(row).contains("`" + setting.variable() + "`");
      assertThat(row).contains(setting.fallback() == null ? "" : "`" + setting.fallback() + "`");
    }
  }

  private static String read(String file) throws IOException {
    return Files.readString(ROOT.resolve(file)).replace("\r\n", "\n");
  }
}
