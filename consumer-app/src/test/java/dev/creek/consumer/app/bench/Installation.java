package dev.creek.consumer.app.bench;

import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.Scratch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * The service as README.md says to install it: jar, launcher and the archive of classes that is
 * made of them, in a folder of their own. Closing it removes the folder.
 */
record Installation(Path folder) implements AutoCloseable {

  /**
   * Makes one.
   *
   * @throws IllegalStateException where the archive cannot be made
   */
  static Installation make() {
    Installation made = new Installation(Scratch.onDisk("installation"));
    try {
      Path jar = ServiceProcess.Builder.defaultJar();
      copy(jar, made.folder);
      for (String file : List.of("creek-consumer", "make-archive", "creek-consumer.classlist")) {
        copy(jar.resolveSibling("../src/main/dist/" + file), made.folder);
      }
      made.makeArchive();
      return made;
    } catch (IOException e) {
      made.close();
      throw new UncheckedIOException("could not install the service", e);
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }

  private static void copy(Path file, Path folder) throws IOException {
    Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
  }

  private void makeArchive() throws IOException {
    Path log = folder.resolve("make-archive.log");
    ProcessBuilder builder =
        new ProcessBuilder("sh", folder.resolve("make-archive").toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    try {
      int exitCode = builder.start().waitFor();
      if (exitCode != 0) {
        throw new IllegalStateException("make-archive failed:\n" + Files.readString(log));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("make-archive was interrupted", e);
    }
  }

  @Override
  public void close() {
    Scratch.remove(folder);
  }
}
