package dev.creek.consumer.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Takes a connection URI of libpq apart: {@code
 * postgresql://user:password@host:port,host:port/database?parameter=value&…}, each part
 * percent-encoded where it needs to be. What it finds are libpq's parameters by name, {@code host}
 * and {@code port} as comma-separated lists; a parameter of the query wins over the part before it,
 * as in libpq.
 *
 * <p>Unlike libpq it takes the last {@code @} as the end of the user's part, as Go's clients do: a
 * password with a raw {@code @} still works. Its messages repeat nothing of the URI but the name of
 * an unknown parameter, and that only where it cannot be a password's end.
 */
final class LibpqUri {
  private static final List<String> SCHEMES = List.of("postgresql://", "postgres://");

  private static final Set<String> SECRETS = Set.of("password", "sslpassword");

  /** Stands for what is not shown. */
  private static final String HIDDEN = "***";

  /** A place with a wrong scheme or so: seeing it helps, and there is no password in it. */
  private static final Pattern HARMLESS =
      Pattern.compile("[a-z]{1,12}://[A-Za-z0-9.-]+(:[0-9]{1,5})?");

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
    String place = query < 0 ? rest : rest.substring(0, query);
    parsed.readPlace(place);
    if (query >= 0) {
      parsed.readQuery(rest.substring(query + 1));
    }
    return parsed.parameters;
  }

  /**
   * The URI with {@code ***} for each password, and for all of it if it cannot be read, because its
   * secret parts are then not known.
   */
  static String shown(String uri) {
    try {
      var parameters = new LinkedHashMap<>(parameters(uri));
      parameters.putIfAbsent("user", "anybody");
      LibpqParameters.of(parameters, Map.of()).address("");
    } catch (IllegalArgumentException e) {
      return HARMLESS.matcher(uri).matches() ? uri : HIDDEN;
    }
    int start = uri.indexOf("://") + "://".length();
    int query = uri.indexOf('?');
    String place = query < 0 ? uri.substring(start) : uri.substring(start, query);
    int slash = place.indexOf('/');
    int at = place.lastIndexOf('@', slash < 0 ? place.length() : slash);
    int colon = place.indexOf(':');
    if (colon >= 0 && colon < at) {
      place = place.substring(0, colon + 1) + HIDDEN + place.substring(at);
    }
    return uri.substring(0, start) + place + (query < 0 ? "" : shownQuery(uri.substring(query)));
  }

  private static String shownQuery(String query) {
    return Stream.of(query.substring(1).split("&", -1))
        .map(
            pair -> {
              String name = decode(pair.substring(0, Math.max(pair.indexOf('='), 0)), "name");
              return SECRETS.contains(name) ? name + "=" + HIDDEN : pair;
            })
        .collect(Collectors.joining("&", "?", ""));
  }

  private void readPlace(String place) {
    int slash = place.indexOf('/');
    String authority = slash < 0 ? place : place.substring(0, slash);
    if (slash >= 0) {
      // Most likely a password with a slash; its end would be taken for a database's name.
      if (place.indexOf('@', slash) >= 0) {
        throw new IllegalArgumentException(
            "a database URI has an @ behind the first /: a / in a password is written %2F, and an @"
                + " in a database's name %40");
      }
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
      if (!LibpqParameters.isKnown(name)) {
        throw LibpqParameters.unknown(query.indexOf('@') < 0 ? "'" + name + "'" : "");
      }
      put(name, decode(pair.substring(equals + 1), "value of a parameter"));
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
