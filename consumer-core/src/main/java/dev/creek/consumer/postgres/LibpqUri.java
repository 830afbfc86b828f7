package dev.creek.consumer.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes a connection URI of libpq apart: {@code
 * postgresql://user:password@host:port,host:port/database?parameter=value&…}, each part
 * percent-encoded where it needs to be. What it finds are libpq's parameters by name, {@code host}
 * and {@code port} as comma-separated lists; a parameter of the query wins over the part before it,
 * as in libpq.
 *
 * <p>Unlike libpq it takes the last {@code @} as the end of the user's part, as Go's clients do: a
 * password with a raw {@code @} still works. Its messages never repeat the URI.
 */
final class LibpqUri {
  private static final List<String> SCHEMES = List.of("postgresql://", "postgres://");

  private final Map<String, String> parameters = new LinkedHashMap<>();

  private LibpqUri() {}

  /**
   * The parameters of a URI.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  static Map<String, String> parameters(String uri) {
    String rest =
        SCHEMES.stream()
            .filter(uri::startsWith)
            .findFirst()
            .map(scheme -> uri.substring(scheme.length()))
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "a database URI must begin with postgres:// or postgresql://"));
    var parsed = new LibpqUri();
    int query = rest.indexOf('?');
    parsed.readPlace(query < 0 ? rest : rest.substring(0, query));
    if (query >= 0) {
      parsed.readQuery(rest.substring(query + 1));
    }
    return parsed.parameters;
  }

  private void readPlace(String place) {
    int slash = place.indexOf('/');
    String authority = slash < 0 ? place : place.substring(0, slash);
    if (slash >= 0) {
      put("dbname", decode(place.substring(slash + 1), "database"));
    }
    int at = authority.lastIndexOf('@');
    if (at >= 0) {
      readUser(authority.substring(0, at));
    }
    readHosts(authority.substring(at + 1));
  }

  private void readUser(String text) {
    int colon = text.indexOf(':');
    put("user", decode(colon < 0 ? text : text.substring(0, colon), "user"));
    if (colon >= 0) {
      put("password", decode(text.substring(colon + 1), "password"));
    }
  }

  private void readHosts(String text) {
    if (text.isEmpty()) {
      return;
    }
    var hosts = new ArrayList<String>();
    var ports = new ArrayList<String>();
    for (String part : text.split(",", -1)) {
      int colon =
          part.startsWith("[") ? part.indexOf(':', closingBracket(part)) : part.indexOf(':');
      String host = colon < 0 ? part : part.substring(0, colon);
      hosts.add(host.startsWith("[") ? host.substring(1, host.length() - 1) : decode(host, "host"));
      ports.add(colon < 0 ? "" : part.substring(colon + 1));
    }
    put("host", String.join(",", hosts));
    put("port", String.join(",", ports));
  }

  private static int closingBracket(String host) {
    int bracket = host.indexOf(']');
    boolean ends = bracket > 1 && (bracket == host.length() - 1 || host.charAt(bracket + 1) == ':');
    if (!ends) {
      throw new IllegalArgumentException(
          "an IPv6 address in a database URI must look like [::1] or [::1]:5432");
    }
    return bracket;
  }

  private void readQuery(String query) {
    for (String pair : query.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        throw new IllegalArgumentException(
            "the parameters of a database URI must look like name=value&name=value");
      }
      String name = decode(pair.substring(0, equals), "parameter name");
      put(name, decode(pair.substring(equals + 1), name));
    }
  }

  private void put(String name, String value) {
    if (!value.isEmpty()) {
      parameters.put(name, value);
    }
  }

  /** Percent-decoding only: a plus sign is a plus sign. */
  private static String decode(String text, String what) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    var bytes = new ByteArrayOutputStream(text.length());
    byte[] raw = text.getBytes(UTF_8);
    for (int i = 0; i < raw.length; i++) {
      if (raw[i] != '%') {
        bytes.write(raw[i]);
        continue;
      }
      int high = i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
      int low = i + 2 < raw.length ? Character.digit(raw[i + 2], 16) : -1;
      if (high < 0 || low < 0) {
        throw new IllegalArgumentException(
            "the " + what + " of a database URI has a % that is not followed by two hex digits");
      }
      bytes.write(high << 4 | low);
      i += 2;
    }
    String decoded = bytes.toString(UTF_8);
    if (decoded.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("the " + what + " of a database URI has a zero byte");
    }
    return decoded;
  }
}
