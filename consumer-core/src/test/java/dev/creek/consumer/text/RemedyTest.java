package dev.creek.consumer.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Mapping;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RemedyTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "shop.public.items:copy.items",
        "shop.public.items:copy.\"it's\"",
        "shop.public.\"a.b\":copy.\"$(id) `id` \\ \"\"x\"\" ü表\"",
        "shop.public.items:copy.\"two\nlines\""
      })
  void aShellTakesACommandAsItStands(String mapping) throws Exception {
    String command = Remedy.command("resync", Mapping.parse(mapping));
    var shell =
        new ProcessBuilder("sh", "-c", "set -- " + command + "\nprintf '%s|%s|%s' $# \"$2\" \"$3\"")
            .redirectErrorStream(true)
            .start();
    String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(said).isEqualTo("3|resync|" + Mapping.parse(mapping));
  }
}
