package dev.creek.consumer.api;

import dev.creek.consumer.api.DatabaseAddress.Host;
import dev.creek.consumer.api.DatabaseAddress.Secret;
import dev.creek.consumer.api.DatabaseAddress.SslMode;
import dev.creek.consumer.api.DatabaseAddress.Tls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * libpq's connection parameters, by their names there, as far as they mean something here. What is
 * not given is taken from libpq's environment variables, then from its defaults.
 */
final class LibpqParameters {
  static final String POOL_SIZE = "pool_max_conns";

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  private static final Map<String, String> VARIABLES =
      Map.ofEntries(
          Map.entry("host", "PGHOST"),
          Map.entry("port", "PGPORT"),
          Map.entry("dbname", "PGDATABASE"),
          Map.entry("user", "PGUSER"),
          Map.entry("password", "PGPASSWORD"),
          Map.entry("sslmode", "PGSSLMODE"),
          Map.entry("sslnegotiation", "PGSSLNEGOTIATION"),
          Map.entry("sslrootcert", "PGSSLROOTCERT"),
          Map.entry("sslcert", "PGSSLCERT"),
          Map.entry("sslkey", "PGSSLKEY"),
          Map.entry("connect_timeout", "PGCONNECT_TIMEOUT"),
          Map.entry("application_name", "PGAPPNAME"),
          Map.entry("options", "PGOPTIONS"),
          Map.entry("target_session_attrs", "PGTARGETSESSIONATTRS"));

  private static final Set<String> OTHERS =
      Set.of("sslpassword", "fallback_application_name", POOL_SIZE);

  /** Parameters that ask for what is done anyway; other values of them cannot be had. */
  private static final Map<String, Set<String>> FIXED =
      Map.of(
          "client_encoding", Set.of("utf8", "utf-8", "unicode", "auto"),
          "gssencmode", Set.of("disable", "prefer"),
          "channel_binding", Set.of("disable", "prefer"),
          "keepalives", Set.of("1"),
          "load_balance_hosts", Set.of("disable"));

  private final Map<String, String> values;

  private LibpqParameters(Map<String, String> values) {
    this.values = values;
  }

  /**
   * @param given parameters by name
   * @param environment environment variables
   * @throws IllegalArgumentException with a message for the user, without the password
   */
  static LibpqParameters of(Map<String, String> given, Map<String, String> environment) {
    given.forEach(LibpqParameters::requireKnown);
    var values = new HashMap<String, String>();
    VARIABLES.forEach(
        (name, variable) -> {
          String value = environment.get(variable);
          if (value != null && !value.isEmpty()) {
            values.put(name, value);
          }
        });
    values.putAll(given);
    return new LibpqParameters(values);
  }

  private static void requireKnown(String name, String value) {
    Set<String> allowed = FIXED.get(name);
    if (allowed != null) {
      if (!allowed.contains(value.toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException(
            "database parameter " + name + " can only be one of " + new TreeSet<>(allowed));
      }
    } else if (!isKnown(name)) {
      throw unknown("'" + name + "'");
    }
  }

  static boolean isKnown(String name) {
    return FIXED.containsKey(name) || VARIABLES.containsKey(name) || OTHERS.contains(name);
  }

  /**
   * @param shown the name in quotes, or empty where it may be a part of a password
   */
  static IllegalArgumentException unknown(String shown) {
    var known = new TreeSet<>(VARIABLES.keySet());
    known.addAll(OTHERS);
    return new IllegalArgumentException(
        "unknown database parameter "
            + (shown.isEmpty() ? "(a ? in a password is written %3F)" : shown)
            + "; known are "
            + String.join(", ", known));
  }

  /** The number of connections that the URI asks for, as pgx's pools name it; -1 if it does not. */
  int poolSize() {
    String text = values.get(POOL_SIZE);
    return text == null ? -1 : number(POOL_SIZE, text, 1, 10_000);
  }

  DatabaseAddress address(String defaultApplicationName) {
    String user = values.get("user");
    if (user == null) {
      throw new IllegalArgumentException(
          "the database URI names no user (postgres://user@host/database), nor does PGUSER");
    }
    String password = values.get("password");
    return new DatabaseAddress(
        hosts(),
        values.getOrDefault("dbname", user),
        user,
        password == null ? null : new Secret(password),
        tls(),
        connectTimeout(),
        applicationName(defaultApplicationName),
        writableOnly(),
        LibpqOptions.parse(values.getOrDefault("options", "")));
  }

  private String applicationName(String otherwise) {
    String fallback = values.getOrDefault("fallback_application_name", otherwise);
    return values.getOrDefault("application_name", fallback);
  }

  private List<Host> hosts() {
    List<String> names = list("host", "localhost");
    List<String> ports = list("port", "");
    if (ports.size() != 1 && ports.size() != names.size()) {
      throw new IllegalArgumentException(
          "the database URI names " + names.size() + " hosts but " + ports.size() + " ports");
    }
    var hosts = new ArrayList<Host>();
    for (int i = 0; i < names.size(); i++) {
      String port = ports.get(ports.size() == 1 ? 0 : i);
      hosts.add(
          new Host(
              names.get(i).isEmpty() ? "localhost" : names.get(i),
              port.isEmpty() ? DatabaseAddress.DEFAULT_PORT : number("port", port, 1, 65_535)));
    }
    if (hosts.size() > 1 && hosts.stream().anyMatch(Host::isSocket)) {
      throw new IllegalArgumentException("a Unix socket cannot be one of several hosts");
    }
    return hosts;
  }

  private List<String> list(String name, String otherwise) {
    return Arrays.asList(values.getOrDefault(name, otherwise).split(",", -1));
  }

  private Tls tls() {
    String rootCertificate = values.get("sslrootcert");
    boolean system = "system".equals(rootCertificate);
    SslMode mode = sslMode(system ? "verify-full" : "prefer");
    // libpq: a root certificate next to `require` is not there for nothing.
    if (mode == SslMode.REQUIRE && rootCertificate != null) {
      mode = SslMode.VERIFY_CA;
    }
    if (system && mode != SslMode.VERIFY_FULL) {
      throw new IllegalArgumentException("sslrootcert=system needs sslmode=verify-full");
    }
    String certificate = values.get("sslcert");
    String key = values.get("sslkey");
    if ((certificate == null) != (key == null)) {
      throw new IllegalArgumentException("sslcert and sslkey are needed together");
    }
    String keyPassword = values.get("sslpassword");
    return new Tls(
        mode,
        system ? null : rootCertificate,
        certificate,
        key,
        keyPassword == null ? null : new Secret(keyPassword),
        choice("sslnegotiation", "postgres", List.of("postgres", "direct")).equals("direct"));
  }

  private SslMode sslMode(String otherwise) {
    var modes = List.of(SslMode.values());
    String text = choice("sslmode", otherwise, modes.stream().map(SslMode::text).toList());
    return modes.stream().filter(m -> m.text().equals(text)).findFirst().orElseThrow();
  }

  /** Several hosts are there to find the one that can be written, so that is their default. */
  private boolean writableOnly() {
    String otherwise = hosts().size() > 1 ? "read-write" : "any";
    return !choice("target_session_attrs", otherwise, List.of("any", "read-write", "primary"))
        .equals("any");
  }

  private String choice(String name, String otherwise, List<String> choices) {
    String value = values.getOrDefault(name, otherwise);
    if (!choices.contains(value)) {
      throw new IllegalArgumentException(
          "database parameter " + name + " must be one of " + String.join(", ", choices));
    }
    return value;
  }

  private Duration connectTimeout() {
    String text = values.get("connect_timeout");
    return text == null
        ? CONNECT_TIMEOUT
        : Duration.ofSeconds(Math.max(number("connect_timeout", text, -1, 86_400), 0));
  }

  private static int number(String name, @Nullable String text, int min, int max) {
    try {
      int value = Integer.parseInt(text);
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below, with the bounds.
    }
    throw new IllegalArgumentException(
        "database parameter " + name + " must be a number from " + min + " to " + max);
  }
}
