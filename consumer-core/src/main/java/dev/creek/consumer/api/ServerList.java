package dev.creek.consumer.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The servers of a broker: URIs separated by commas. Immutable; its text form has no secrets, and
 * neither have its errors.
 */
final class ServerList {
  /** Replaces what is not shown. */
  private static final String HIDDEN = "***";

  /**
   * An address with a mistake such as a wrong scheme: showing it helps, and it contains no user's
   * part.
   */
  private static final Pattern HARMLESS =
      Pattern.compile("[a-z]{1,12}://[A-Za-z0-9.-]+(:[0-9]{1,5})?");

  private final List<ServerUri> servers;

  private ServerList(List<ServerUri> servers) {
    this.servers = servers;
  }

  /**
   * Reads a list; empty entries do not count.
   *
   * @throws IllegalArgumentException that says which server is wrong and why, without its text
   */
  static ServerList parse(String text) {
    List<String> parts =
        Stream.of(text.split(",", -1)).map(String::strip).filter(s -> !s.isEmpty()).toList();
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("no NATS server is named; give nats://host:port");
    }
    var servers = new ArrayList<ServerUri>();
    for (int i = 0; i < parts.size(); i++) {
      servers.add(parse(parts.get(i), i + 1, parts.size()));
    }
    requireNoCutPassword(servers);
    return new ServerList(List.copyOf(servers));
  }

  private static ServerUri parse(String text, int number, int count) {
    try {
      return ServerUri.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "not a list of NATS servers such as nats://one:4222,nats://two:4222: "
              + (count == 1 ? "" : "of the " + count + " servers, number " + number + ": ")
              + e.getMessage()
              + (count == 1 ? "" : " (a comma in a password must be percent-encoded)"));
    }
  }

  /** A comma in a password cuts it, and its beginning may look like a host of its own. */
  private static void requireNoCutPassword(List<ServerUri> servers) {
    boolean allAlike = servers.stream().map(ServerUri::login).distinct().count() == 1;
    boolean userWithoutScheme =
        servers.stream().anyMatch(server -> server.scheme() == null && server.login() != null);
    if (servers.size() > 1 && userWithoutScheme && !allAlike) {
      throw new IllegalArgumentException(
          "not a list of NATS servers such as nats://one:4222,nats://two:4222: of several servers,"
              + " one with a user or token needs its scheme (nats://) as well; a comma in a password"
              + " must be percent-encoded");
    }
  }

  boolean usesTls() {
    return servers.stream().anyMatch(ServerUri::usesTls);
  }

  /** The login for all servers without one of their own: the given one, or the first URI's. */
  BrokerCredentials login(BrokerCredentials given) {
    return given instanceof BrokerCredentials.None ? firstLogin() : given;
  }

  /**
   * Servers that the first one announces have no user in their URI: they get the first one's login.
   */
  private BrokerCredentials firstLogin() {
    return servers.stream()
        .map(ServerUri::login)
        .filter(Objects::nonNull)
        .findFirst()
        .orElseGet(BrokerCredentials.None::new);
  }

  /**
   * For the client. The URIs have no secret if all servers get the same login, which is the rule,
   * because the client puts them into its messages.
   */
  String[] uris(BrokerCredentials given) {
    boolean different =
        servers.stream()
            .map(ServerUri::login)
            .anyMatch(login -> login != null && !login.equals(login(given)));
    return servers.stream()
        .map(server -> different ? server.withLogin() : server.withoutLogin())
        .toArray(String[]::new);
  }

  /** The list with {@code ***} for each user's part; completely hidden if it cannot be read. */
  static String shown(String text) {
    try {
      return parse(text).servers.stream()
          .map(server -> server.shown(HIDDEN + "@"))
          .collect(Collectors.joining(","));
    } catch (IllegalArgumentException e) {
      return HARMLESS.matcher(text).matches() ? text : HIDDEN;
    }
  }

  /** The servers without user, password or token. */
  @Override
  public String toString() {
    return servers.stream().map(ServerUri::toString).collect(Collectors.joining(","));
  }
}
