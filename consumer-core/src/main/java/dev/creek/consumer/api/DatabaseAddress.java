package dev.creek.consumer.api;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The target database's address and credentials: the content of a libpq URI.
 *
 * @param hosts tried in order
 * @param database database name
 * @param user role
 * @param password its password, where it has one
 * @param tls how the connection is encrypted
 * @param connectTimeout bound of one connection attempt, zero for none
 * @param applicationName as the server's views show it
 * @param writableOnly whether a server in recovery is passed over
 * @param settings session settings by name, from {@code options}
 */
public record DatabaseAddress(
    List<Host> hosts,
    String database,
    String user,
    @Nullable Secret password,
    Tls tls,
    Duration connectTimeout,
    String applicationName,
    boolean writableOnly,
    Map<String, String> settings) {

  public static final int DEFAULT_PORT = 5432;

  public DatabaseAddress {
    hosts = List.copyOf(hosts);
    settings = Map.copyOf(settings);
  }

  /**
   * One of the servers.
   *
   * @param name name, address, or a directory with a Unix socket where it begins with a slash
   */
  public record Host(String name, int port) {
    public boolean isSocket() {
      return name.startsWith("/");
    }

    public String socket() {
      return name + "/.s.PGSQL." + port;
    }

    @Override
    public String toString() {
      return name.indexOf(':') >= 0 ? "[" + name + "]:" + port : name + ":" + port;
    }
  }

  /** libpq's {@code sslmode}. */
  public enum SslMode {
    DISABLE("disable"),
    ALLOW("allow"),
    PREFER("prefer"),
    REQUIRE("require"),
    VERIFY_CA("verify-ca"),
    VERIFY_FULL("verify-full");

    private final String text;

    SslMode(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /**
   * The encryption of the connection.
   *
   * @param rootCertificate file with the certificates of trusted authorities; null: those that the
   *     JDK trusts
   * @param direct whether TLS begins without asking PostgreSQL first ({@code
   *     sslnegotiation=direct})
   */
  public record Tls(
      SslMode mode,
      @Nullable String rootCertificate,
      @Nullable String certificate,
      @Nullable String key,
      @Nullable Secret keyPassword,
      boolean direct) {}

  public DatabaseAddress withPassword(Secret other) {
    return new DatabaseAddress(
        hosts, database, user, other, tls, connectTimeout, applicationName, writableOnly, settings);
  }

  public DatabaseAddress withConnectTimeout(Duration other) {
    return new DatabaseAddress(
        hosts, database, user, password, tls, other, applicationName, writableOnly, settings);
  }

  /** {@code user@host:port,host:port/database}: for messages, without the password. */
  public String display() {
    return user
        + "@"
        + hosts.stream().map(Host::toString).collect(Collectors.joining(","))
        + "/"
        + database;
  }

  /** A password: its text form does not tell it, whatever it is put into. */
  public record Secret(String value) {
    @Override
    public String toString() {
      return "***";
    }
  }
}
