package dev.creek.consumer.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScratchTest {

  @Test
  void removesWhatAKilledRunHasLeftButNothingElse(@TempDir Path place) throws Exception {
    Path leftOver = Files.createDirectories(place.resolve("creek-test-1/postgres/data"));
    Files.createFile(place.resolve("creek-test-1/lock"));
    Path beingMade = Files.createDirectories(place.resolve("creek-test-2"));
    Path foreign =
        Files.createFile(Files.createDirectories(place.resolve("other")).resolve("lock"));

    Path first = Scratch.create(place, "nats");
    Path second = Scratch.create(place, "nats");

    assertThat(leftOver).doesNotExist();
    assertThat(beingMade).exists();
    assertThat(foreign).exists();
    assertThat(first).isEmptyDirectory().hasParent(second.getParent());
    assertThat(first.resolveSibling("lock")).exists();
  }
}
