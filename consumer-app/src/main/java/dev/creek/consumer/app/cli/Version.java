package dev.creek.consumer.app.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Reads a filtered resource, not the manifest: tests and IDEs run from a folder without one. */
public final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {"creek-consumer " + number()};
  }

  /** Only the number. */
  public static String number() {
    try (InputStream in =
        Version.class.getResourceAsStream("/dev/creek/consumer/app/version.properties")) {
      if (in == null) {
        throw new IOException("version.properties is missing from the jar");
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version", "?");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
