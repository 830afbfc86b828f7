package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The examples of docs/library.md are compiled and run: each is in one of the tests that run them.
 */
final class LibraryDocTest {
  private static final Path PAGE = Path.of("../docs/library.md");
  private static final Path TESTS = Path.of("src/test/java/dev/creek/consumer");
  private static final Pattern EXAMPLE = Pattern.compile("```java\\s+(.*?)```", Pattern.DOTALL);

  @Test
  void everyExampleIsPartOfATestThatRunsIt() throws IOException {
    List<String> examples =
        EXAMPLE
            .matcher(Files.readString(PAGE))
            .results()
            .map(MatchResult::group)
            .map(block -> block.replaceAll("^```java|```$", ""))
            .map(LibraryDocTest::withoutLayout)
            .toList();
    String run =
        withoutLayout(
            Files.readString(TESTS.resolve("EmbeddingIT.java"))
                + Files.readString(TESTS.resolve("LibraryContractIT.java"))
                + Files.readString(TESTS.resolve("ReadingExamplesIT.java"))
                + Files.readString(TESTS.resolve("source/SourceFeedTest.java")));
    assertThat(examples).hasSizeGreaterThan(5);
    assertThat(examples).allSatisfy(example -> assertThat(run).contains(example));
  }

  private static String withoutLayout(String code) {
    return code.replaceAll("\\s+", "");
  }
}
