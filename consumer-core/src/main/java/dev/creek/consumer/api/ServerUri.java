package dev.creek.consumer.api;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One NATS server, from its URI: {@code nats://user:password@host:port}, {@code tls://token@host},
 * {@code host:port}. Such URIs are read only here.
 *
 * <p>Text that could be a secret never appears: neither in the text form, nor in the errors, which
 * therefore repeat no part of the input.
 *
 * @param scheme {@code nats}, {@code tls}, …; null if none was written
 * @param login the user's part, percent-decoded; null if there is none
 * @param host name or address, one of IPv6 in brackets
 * @param port 0 if none was written
 */
record ServerUri(
    @Nullable String scheme, @Nullable BrokerCredentials login, String host, int port) {
  private static final Set<String> SCHEMES = Set.of("nats", "tls", "opentls", "ws", "wss");
  private static final Set<String> TLS_SCHEMES = Set.of("tls", "opentls", "wss");
  private static final Pattern SCHEME = Pattern.compile("([a-zA-Z][a-zA-Z0-9+.-]*)://");
  private static final Pattern PLACE =
      Pattern.compile("(\\[[0-9a-fA-F:.%a-z]+]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?/?");

  /** Characters that end the user's part for other readers of URIs, or that no URI contains. */
  private static final Pattern NOT_IN_LOGIN = Pattern.compile("[/?#@\\s\\p{Cntrl}]");

  private static final Pattern STRAY_PERCENT = Pattern.compile("%(?![0-9a-fA-F]{2})");

  /** Stands in decoded text for bytes that are no character. */
  private static final char NO_CHARACTER = '\uFFFD';

  private static final int HIGHEST_PORT = 65_535;

  /**
   * Reads a URI.
   *
   * @throws IllegalArgumentException with the problem, without the URI's text
   */
  static ServerUri parse(String text) {
    Matcher start = SCHEME.matcher(text);
    String scheme = start.lookingAt() ? start.group(1).toLowerCase(Locale.ROOT) : null;
    if (scheme != null && !SCHEMES.contains(scheme)) {
      throw new IllegalArgumentException("the scheme must be nats://, tls://, ws:// or wss://");
    }
    String rest = scheme == null ? text : text.substring(start.end());
    // The last @ of all: no part of a password, whatever it contains, is read as a host.
    int at = rest.lastIndexOf('@');
    BrokerCredentials login = at < 0 ? null : login(rest.substring(0, at));
    Matcher place = PLACE.matcher(rest.substring(at + 1));
    if (!place.matches()) {
      throw new IllegalArgumentException(
          "scheme and user must be followed by host or host:port, and nothing else");
    }
    var uri = new ServerUri(scheme, login, place.group(1), port(place.group(2)));
    uri.requireHost();
    return uri;
  }

  private static int port(@Nullable String digits) {
    int port = digits == null ? 0 : Integer.parseInt(digits);
    if (port > HIGHEST_PORT || (digits != null && port == 0)) {
      throw new IllegalArgumentException("the port must be a number from 1 to " + HIGHEST_PORT);
    }
    return port;
  }

  private static BrokerCredentials login(String text) {
    if (NOT_IN_LOGIN.matcher(text).find()) {
      throw new IllegalArgumentException(
          "user, password and token must be percent-encoded if they contain one of / ? # @ or white "
              + "space (%2F %3F %23 %40 %20), or be given separately from the URI");
    }
    int colon = text.indexOf(':');
    if (text.isEmpty()) {
      throw new IllegalArgumentException("the part before @ is empty");
    }
    return colon < 0
        ? new BrokerCredentials.Token(decode(text))
        : new BrokerCredentials.User(
            decode(text.substring(0, colon)), decode(text.substring(colon + 1)));
  }

  /** Percent-decoding only: a plus sign is a plus sign. */
  private static String decode(String text) {
    if (STRAY_PERCENT.matcher(text).find()) {
      throw new IllegalArgumentException(
          "the part before @ has a % that is not followed by two hex digits (a % itself is %25)");
    }
    String decoded = URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    if (decoded.indexOf(NO_CHARACTER) >= 0 && text.indexOf(NO_CHARACTER) < 0) {
      throw new IllegalArgumentException("the part before @ is not UTF-8 when decoded");
    }
    return decoded;
  }

  /** The client takes servers as {@link URI}s, whose rules for hosts are stricter than ours. */
  private void requireHost() {
    try {
      if (new URI(withoutLogin()).getHost() != null) {
        return;
      }
    } catch (URISyntaxException e) {
      // For the user the message is the same.
    }
    throw new IllegalArgumentException(
        "the host must be a name of letters, digits, hyphens and dots, or an address (IPv6 as [::1])");
  }

  boolean usesTls() {
    return scheme != null && TLS_SCHEMES.contains(scheme);
  }

  /** For the client, without the user's part. */
  String withoutLogin() {
    return written(scheme == null ? "nats://" : scheme + "://", "");
  }

  /** For the client, with the user's part, percent-encoded again. */
  String withLogin() {
    return written(scheme == null ? "nats://" : scheme + "://", encoded(login));
  }

  /** As it was written, with {@code user} for the user's part if there is one. */
  String shown(String user) {
    return written(scheme == null ? "" : scheme + "://", login == null ? "" : user);
  }

  private String written(String start, String user) {
    return start + user + host + (port == 0 ? "" : ":" + port);
  }

  private static String encoded(@Nullable BrokerCredentials login) {
    if (login instanceof BrokerCredentials.User named) {
      return encode(named.name()) + ":" + encode(named.password()) + "@";
    }
    return login instanceof BrokerCredentials.Token token ? encode(token.token()) + "@" : "";
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** The server as it was written, without the user's part. */
  @Override
  public String toString() {
    return shown("");
  }
}
