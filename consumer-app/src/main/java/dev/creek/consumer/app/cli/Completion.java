package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Settings;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "completion",
    header = "Print a script that completes commands and options in a shell.",
    description = {
      "Prints a script for bash or zsh. It completes commands, options, file names, and the "
          + "values of options that have only a few."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  source <(creek-consumer completion bash)",
      "  creek-consumer completion bash > /etc/bash_completion.d/creek-consumer",
      "  echo 'source <(creek-consumer completion zsh)' >> ~/.zshrc"
    })
final class Completion implements LocalVerb {
  /** The shells; their script is the same one. Spelled as users write them. */
  enum Shell {
    bash,
    zsh
  }

  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}")
  @SuppressWarnings("unused") // named so that another shell is refused; both read the same script
  private @Nullable Shell shell;

  @Override
  public int run(Settings settings, CliContext around) {
    CommandSpec root = Objects.requireNonNull(spec).root();
    around.terminal().print(AutoComplete.bash(root.name(), root.commandLine()));
    return ExitCode.OK;
  }
}
