package dev.creek.consumer.app.config;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Grouping;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of the program. Immutable; its text form shows no secrets.
 *
 * @param broker the broker; null if none was named and the command needs none
 * @param target the target database
 * @param source the source database; null if it was not named
 * @param batches bounds of a write
 * @param linger how long a table that has caught up waits for more of a transaction; null adapts
 * @param grouping the tables that are applied together, if they are in no named group
 * @param maxMessageBytes longest message to apply; null for the one that fits the heap
 * @param snapshots options for snapshots
 * @param logging the log
 * @param monitoring the monitoring server
 */
public record Configuration(
    @Nullable BrokerOptions broker,
    DatabaseOptions target,
    @Nullable DatabaseOptions source,
    Batches batches,
    @Nullable Duration linger,
    Grouping grouping,
    @Nullable Integer maxMessageBytes,
    Snapshots snapshots,
    Logging logging,
    Monitoring monitoring) {

  /**
   * Reads all settings.
   *
   * @param environment for libpq's variables ({@code PGPASSWORD}, …), which complete the database's
   *     URI
   * @param need whether the broker's address is required; it is checked in any case
   * @param use a service tries again if a server is silent, so it waits for less long
   * @throws ConfigurationException with every problem
   */
  public static Configuration of(
      Settings settings, Map<String, String> environment, Need need, Use use) {
    return new ConfigurationReader(settings, environment, use).read(need);
  }

  /** The servers whose addresses must be given. */
  public enum Need {
    DATABASE,
    BROKER_AND_DATABASE
  }

  /** The kind of program that is configured. */
  public enum Use {
    /** One that ends by itself. */
    COMMAND,
    /** One that runs until it is stopped. */
    SERVICE
  }

  /**
   * Reads only the settings of a client of the monitoring server.
   *
   * @throws ConfigurationException with every problem in them
   */
  public static Monitoring monitoringOf(Settings settings) {
    return new ConfigurationReader(settings, Map.of(), Use.SERVICE).readMonitoring();
  }

  /**
   * Bounds of what is written in one go.
   *
   * @param rows changes
   * @param bytes of their messages
   */
  public record Batches(int rows, int bytes) {}

  /**
   * How snapshots are applied.
   *
   * @param atOnce how many at once
   * @param stall how long one waits for the producer's answer, and for each next message
   * @param producerWait how long a producer that does not answer is asked again; null for twice the
   *     stall
   */
  public record Snapshots(int atOnce, Duration stall, @Nullable Duration producerWait) {}

  /** Levels of the log, least first. */
  public enum LogLevel {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }

  /** Formats of a log line. */
  public enum LogFormat {
    TEXT,
    JSON
  }

  /**
   * The log.
   *
   * @param level least level that is logged
   * @param format format of a line
   * @param linesPerSecond maximum; 0 for no limit
   * @param burst maximum number of lines at once within that
   * @param wanted whether the user named the level
   */
  public record Logging(
      LogLevel level, LogFormat format, double linesPerSecond, int burst, boolean wanted) {

    /** For a command that ends by itself: its output is enough, unless the user wants more. */
    public Logging forCommand() {
      return wanted ? this : new Logging(LogLevel.WARN, format, linesPerSecond, burst, false);
    }
  }

  /**
   * The monitoring server.
   *
   * @param address its address
   * @param port its port; 0 for any free one, null for no server
   * @param wanted whether the user named the port, so that going without it would be a surprise
   * @param page whether there is a status page
   * @param token required by the page and the metrics; null for none
   * @param tls certificate and key; null for plain HTTP
   */
  public record Monitoring(
      String address,
      @Nullable Integer port,
      boolean wanted,
      boolean page,
      @Nullable BearerToken token,
      @Nullable ServerTls tls) {}

  /**
   * The certificate of a server.
   *
   * @param certificate PEM file of the chain
   * @param key PEM file of its key, in PKCS#8
   */
  public record ServerTls(Path certificate, Path key) {}
}
