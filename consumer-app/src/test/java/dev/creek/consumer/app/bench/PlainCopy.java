package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.Scratch;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * What the target's server can do at all: the same rows by binary COPY from a file into the same
 * empty tables, one after the other.
 */
final class PlainCopy implements Contender {
  static final String NAME = "copy";

  private final Rig rig;

  PlainCopy(Rig rig) {
    this.rig = rig;
  }

  @Override
  public String name() {
    return NAME;
  }

  /** Rows that change or go are no matter for COPY. */
  @Override
  public boolean takes(Input input) {
    return input.feed() != null && input.dataset().base().isEmpty();
  }

  @Override
  public Measured apply(Input input, PostgresDatabase target) {
    Path folder = Scratch.onDisk("copy");
    try (Connection from = input.source().source().connect();
        Connection into = target.connect()) {
      for (String table : input.dataset().tables()) {
        try (OutputStream file = Files.newOutputStream(folder.resolve(table))) {
          copy(from).copyOut("copy %s to stdout (format binary)".formatted(table), file);
        }
      }
      ServerTimes before = rig.times();
      long start = System.nanoTime();
      for (String table : input.dataset().tables()) {
        try (InputStream file = Files.newInputStream(folder.resolve(table))) {
          copy(into).copyIn("copy %s from stdin (format binary)".formatted(table), file, 1 << 16);
        }
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      return before.untilNow(
          rig.times(), Measured.NOTHING.took(seconds, input.dataset().changes()));
    } catch (SQLException e) {
      throw new IllegalStateException("COPY: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      Scratch.remove(folder);
    }
  }

  private static CopyManager copy(Connection connection) throws SQLException {
    return connection.unwrap(PGConnection.class).getCopyAPI();
  }
}
