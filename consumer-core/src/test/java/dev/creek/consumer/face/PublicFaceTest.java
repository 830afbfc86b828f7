package dev.creek.consumer.face;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.CreekConsumer;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The public face changes only on purpose: whoever changes it records it, and the change shows in
 * the commit.
 */
final class PublicFaceTest {
  private static final Path RECORDED = Path.of("src/test/resources/public-face.txt");
  private static final String RECORD = "creek.record.face";
  private static final String COMMAND =
      "./mvnw test -pl consumer-core -Dtest=PublicFaceTest -D" + RECORD + "=true";

  private final List<String> face;

  PublicFaceTest() throws IOException, URISyntaxException {
    face = PublicFace.of(CreekConsumer.class);
  }

  @Test
  void theFaceIsAsRecorded() throws IOException {
    if (Boolean.getBoolean(RECORD)) {
      Files.write(RECORDED, face);
    }
    var missing = new ArrayList<>(Files.readAllLines(RECORDED));
    missing.removeAll(face);
    var added = new ArrayList<>(face);
    added.removeAll(Files.readAllLines(RECORDED));
    assertThat(missing)
        .as(
            "lines that programs may rely on, and that are gone or different; instead there is%n%s%nIf that is wanted: %s",
            String.join(System.lineSeparator(), added), COMMAND)
        .isEmpty();
    assertThat(added).as("lines that are new. If that is wanted: %s", COMMAND).isEmpty();
  }

  @Test
  void theFaceNamesNoTypeOfTheRooms() {
    assertThat(face)
        .allSatisfy(
            line -> assertThat(line).doesNotContainPattern("dev\\.creek\\.consumer\\.[a-z]+\\."));
  }
}
