package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.testing.Failpoints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tests that the documents name as proof are there. */
final class ReliabilityTest {
  private static final Path ROOT = Path.of("..");
  private static final Path DOCUMENT = ROOT.resolve("docs/reliability.md");

  private static final List<String> MODULES = List.of("consumer-core", "consumer-app");
  private static final Pattern NAMED = Pattern.compile("`(\\w+(?:IT|Test))\\.(\\w+)`");

  @Test
  void namesTestsThatThereAre() {
    assertThat(NAMED.matcher(read(DOCUMENT)).results().toList())
        .hasSizeGreaterThan(50)
        .allSatisfy(
            found ->
                assertThat(source(found.group(1)))
                    .as(found.group())
                    .contains("void " + found.group(2) + "("));
  }

  @Test
  void everyFailpointIsWhereATestCrashes() {
    String tests =
        files(ROOT.resolve("consumer-app/src/test/java"))
            .filter(path -> path.toString().endsWith("IT.java"))
            .map(ReliabilityTest::read)
            .collect(Collectors.joining());
    assertThat(Failpoint.values())
        .extracting(Failpoints::written)
        .allSatisfy(name -> assertThat(tests).containsPattern("\"" + name + "\\b"));
  }

  /** Of both modules; a name that two packages have stands for either. */
  private static String source(String className) {
    String file = className + ".java";
    return MODULES.stream()
        .map(module -> ROOT.resolve(module).resolve("src/test/java"))
        .flatMap(ReliabilityTest::files)
        .filter(path -> path.endsWith(file))
        .map(ReliabilityTest::read)
        .collect(Collectors.joining());
  }

  private static Stream<Path> files(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file).replace("\r\n", "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
