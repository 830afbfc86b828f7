package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tests that the documents name as proof are there. */
final class ReliabilityTest {
  private static final Path ROOT = Path.of("..");
  private static final Path DOCUMENT = ROOT.resolve("docs/reliability.md");

  private static final int DEPTH = 12;
  private static final String LONG = "@Tag(\"long\")";
  private static final Pattern NAMED =
      Pattern.compile("`(\\w+(?:IT|Test))\\.(\\w+)`( \\(long\\))?");

  @Test
  void namesTestsThatThereAre() throws IOException {
    assertThat(NAMED.matcher(read(DOCUMENT)).results().toList())
        .hasSizeGreaterThan(50)
        .allSatisfy(
            found ->
                assertThat(source(found.group(1)))
                    .as(found.group())
                    .contains("void " + found.group(2) + "("));
  }

  @Test
  void saysWhichOfThemAreLong() throws IOException {
    assertThat(NAMED.matcher(read(DOCUMENT)).results().toList())
        .isNotEmpty()
        .allSatisfy(
            found ->
                assertThat(found.group(3) != null)
                    .as(found.group())
                    .isEqualTo(isLong(source(found.group(1)), found.group(2))));
  }

  private static boolean isLong(String source, String method) {
    String before = source.substring(0, source.indexOf("void " + method + "("));
    return source.contains(LONG + "\nfinal class")
        || before.substring(before.lastIndexOf('}') + 1).contains(LONG);
  }

  /** Of both modules; a name that two packages have stands for either. */
  private static String source(String className) {
    String file = className + ".java";
    try (Stream<Path> files = Files.find(ROOT, DEPTH, (path, facts) -> path.endsWith(file))) {
      return files
          .filter(path -> path.toString().contains("src/test/java"))
          .map(ReliabilityTest::read)
          .collect(Collectors.joining());
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
