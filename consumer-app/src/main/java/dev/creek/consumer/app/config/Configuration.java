package dev.creek.consumer.app.config;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the program runs with. Immutable; its text form shows no secrets.
 *
 * @param broker where changes come from; null where none was named and the command needs none
 * @param target where they go
 * @param source the database that they are made in; null where it was not named
 * @param batches bounds of what is written in one go
 * @param linger how long a table that has caught up waits for more of a transaction; null adapts
 * @param maxMessageBytes longest message that is applied; null for what goes with the heap
 * @param snapshots how snapshots are applied
 * @param logging what is logged
 * @param monitoring what others may ask
 */
public record Configuration(
    @Nullable BrokerOptions broker,
    DatabaseOptions target,
    @Nullable DatabaseOptions source,
    Batches batches,
    @Nullable Duration linger,
    @Nullable Integer maxMessageBytes,
    Snapshots snapshots,
    Logging logging,
    Monitoring monitoring) {

  /**
   * Reads all settings.
   *
   * @param environment for libpq's variables ({@code PGPASSWORD}, …), which fill what the
   *     database's URI leaves out
   * @param needsBroker whether the broker's address must be there; it is checked in any case
   * @param service whether it goes on until it is stopped, and so tries again where a server is
   *     silent
   * @throws ConfigurationException with every problem there is
   */
  public static Configuration of(
      Settings settings, Map<String, String> environment, boolean needsBroker, boolean service) {
    return new ConfigurationReader(settings, environment, service).read(needsBroker);
  }

  /**
   * Reads only what a client of the monitoring server needs.
   *
   * @throws ConfigurationException with every problem that there is with it
   */
  public static Monitoring monitoringOf(Settings settings) {
    return new ConfigurationReader(settings, Map.of(), true).readMonitoring();
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

  /** How a line of the log looks. */
  public enum LogFormat {
    TEXT,
    JSON
  }

  /**
   * The log.
   *
   * @param level what is logged
   * @param format how a line looks
   * @param linesPerSecond at most; 0 for no limit
   * @param burst lines that may come at once within that
   * @param wanted whether the user named the level
   */
  public record Logging(
      LogLevel level, LogFormat format, double linesPerSecond, int burst, boolean wanted) {

    /** For a command that ends by itself: its answer is enough, unless the user wants more. */
    public Logging forCommand() {
      return wanted ? this : new Logging(LogLevel.WARN, format, linesPerSecond, burst, false);
    }
  }

  /**
   * The monitoring server.
   *
   * @param address where it listens
   * @param port on which; 0 for any free one, null for no server at all
   * @param wanted whether the user named the port, so that going without it would be a surprise
   * @param page whether there is a status page
   * @param token what the page and the metrics want to see; null for nothing
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
   * What a server shows of itself.
   *
   * @param certificate PEM file of the chain
   * @param key PEM file of its key, in PKCS#8
   */
  public record ServerTls(Path certificate, Path key) {}
}
