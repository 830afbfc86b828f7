package dev.creek.consumer.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Folders of this JVM's servers: all below one root for each place, which goes away with the JVM.
 *
 * <p>The root holds a locked file for as long as the JVM lives. A root whose lock is free is left
 * over from a run whose watchdog was killed too; whoever comes next removes it.
 */
final class Scratch {

  /** Memory is used only while this much stays free: containers often have 64 MB there. */
  private static final long MEMORY_MIN_FREE_BYTES = 2L << 30;

  private static final Path MEMORY = Path.of("/dev/shm");
  private static final String LOCK = "lock";
  private static final String PREFIX = "creek-test-";

  /** A channel that nobody refers to is collected and closed, and its lock is gone. */
  private static final List<FileLock> LOCKS = new ArrayList<>();

  private static final Map<Path, Path> ROOTS = new HashMap<>();

  private Scratch() {}

  static Path onDisk(String name) {
    return create(Path.of(System.getProperty("java.io.tmpdir")), name);
  }

  /**
   * A folder in memory where the system has room there, else on disk. Making a database cluster
   * there takes 0.1 s instead of 0.8 s, and removing it 0.01 s instead of 0.5 s.
   */
  static Path inMemory(String name) {
    boolean room =
        Files.isWritable(MEMORY) && MEMORY.toFile().getUsableSpace() > MEMORY_MIN_FREE_BYTES;
    return room ? create(MEMORY, name) : onDisk(name);
  }

  /** Removes a folder with everything in it, at once; what does not exist is no error. */
  static void remove(Path folder) {
    Commands.run(List.of("rm", "-rf", folder.toString()));
  }

  static synchronized Path create(Path place, String name) {
    try {
      @Nullable Path root = ROOTS.get(place);
      if (root == null) {
        removeLeftovers(place);
        root = Files.createTempDirectory(place, PREFIX);
        // World-readable: a server may have to run as another user.
        Commands.run(List.of("chmod", "755", root.toString()));
        Watchdog.instance().removeAtEnd(root);
        lock(root);
        ROOTS.put(place, root);
      }
      return Files.createTempDirectory(root, name + "-");
    } catch (IOException e) {
      throw new UncheckedIOException("could not make a folder in " + place, e);
    }
  }

  /** Locked before it gets its name: a free lock under that name always means a leftover. */
  private static void lock(Path root) throws IOException {
    Path unnamed = root.resolve("unnamed-lock");
    FileChannel channel =
        FileChannel.open(unnamed, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    LOCKS.add(channel.lock());
    Files.move(unnamed, root.resolve(LOCK));
  }

  private static void removeLeftovers(Path place) throws IOException {
    List<Path> roots;
    try (Stream<Path> files = Files.list(place)) {
      roots = files.filter(file -> file.getFileName().toString().startsWith(PREFIX)).toList();
    }
    for (Path root : roots) {
      if (isLeftOver(root)) {
        // May fail: the watchdog of a JVM that has only just ended is removing it too.
        Commands.attempt(List.of("rm", "-rf", root.toString()), Map.of());
      }
    }
  }

  /** A root without a lock file is just being made; another user's cannot be opened. */
  private static boolean isLeftOver(Path root) {
    try (FileChannel channel = FileChannel.open(root.resolve(LOCK), StandardOpenOption.WRITE);
        @Nullable FileLock lock = channel.tryLock()) {
      return lock != null;
    } catch (IOException e) {
      return false;
    }
  }
}
