package dev.creek.consumer.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What a nats-server has stored at some moment: what is left of it when the power fails later. */
public final class StoreCopy {
  private final Path store;
  private final Path copy;

  private StoreCopy(Path store, Path copy) {
    this.store = store;
    this.copy = copy;
  }

  /** Copies the store of a server that does not run. */
  public static StoreCopy of(NatsServer stopped) {
    Path store = stopped.storeDir();
    Path copy = store.resolveSibling("copy");
    try {
      for (Path file : files(store)) {
        Files.copy(file, copy.resolve(store.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("could not copy " + store, e);
    }
    return new StoreCopy(store, copy);
  }

  /** Puts it back, once; the server must not run. */
  public void restore() {
    try {
      List<Path> files = files(store);
      for (Path file : files.stream().sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
      Files.move(copy, store);
    } catch (IOException e) {
      throw new UncheckedIOException("could not restore " + store, e);
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.toList();
    }
  }
}
