package dev.creek.consumer.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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

  /** Regression: the lock went away with the first garbage collection, and with it the folders. */
  @Test
  void holdsItsLockOverAGarbageCollection(@TempDir Path place) throws Exception {
    Path lock = Scratch.create(place, "nats").resolveSibling("lock");

    System.gc();

    try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE)) {
      assertThatThrownBy(channel::tryLock).isInstanceOf(OverlappingFileLockException.class);
    }
  }
}
