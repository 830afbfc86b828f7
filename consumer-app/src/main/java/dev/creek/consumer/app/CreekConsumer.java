package dev.creek.consumer.app;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The entry point of the runnable jar. */
@Command(
    name = "creek-consumer",
    description = "Applies Creek change messages from NATS JetStream to PostgreSQL.",
    mixinStandardHelpOptions = true,
    versionProvider = CreekConsumer.Version.class)
public final class CreekConsumer implements Runnable {

  private CreekConsumer() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new CreekConsumer()).execute(args));
  }

  @Override
  public void run() {
    CommandLine.usage(this, System.out);
  }

  /** Reads a filtered resource, not the manifest: tests and IDEs run from a folder without one. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      try (InputStream in = CreekConsumer.class.getResourceAsStream("version.properties")) {
        if (in == null) {
          throw new IOException("version.properties is missing from the jar");
        }
        Properties properties = new Properties();
        properties.load(in);
        return new String[] {"creek-consumer " + properties.getProperty("version")};
      }
    }
  }
}
