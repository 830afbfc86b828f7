package dev.creek.consumer.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What is kept between test runs: unpacked servers. The build copies PostgreSQL's archives here
 * too, and passes the place to the test JVMs as {@value #PROPERTY}.
 */
final class TestCache {

  private static final String PROPERTY = "creek.test.cache";
  private static final Object ONE_THREAD = new Object();

  private TestCache() {}

  static Path folder() {
    String place = System.getProperty(PROPERTY);
    return place == null
        ? Path.of(System.getProperty("user.home"), ".cache", "creek-consumer-test")
        : Path.of(place);
  }

  /**
   * The folder, made first by {@code maker} if it is not there. The maker fills a folder beside it,
   * which is then renamed: neither a second JVM nor a killed one ever leaves half of it.
   *
   * @param folder where it is to be, below a folder that may not exist yet
   */
  static Path madeOnce(Path folder, Maker maker) {
    if (Files.isDirectory(folder)) {
      return folder;
    }
    // A file lock belongs to the whole JVM, so threads of one JVM need a second one.
    synchronized (ONE_THREAD) {
      try {
        Files.createDirectories(folder.getParent());
        Path lockFile = folder.resolveSibling(folder.getFileName() + ".lock");
        try (FileChannel channel =
                FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock held = channel.lock()) {
          if (held.isValid() && !Files.isDirectory(folder)) {
            Path partial = folder.resolveSibling(folder.getFileName() + ".partial");
            Scratch.remove(partial);
            Files.createDirectory(partial);
            maker.fill(partial);
            Files.move(partial, folder);
          }
        }
        return folder;
      } catch (IOException e) {
        throw new UncheckedIOException("could not make " + folder, e);
      }
    }
  }

  /** Fills an empty folder. */
  interface Maker {
    void fill(Path folder) throws IOException;
  }
}
