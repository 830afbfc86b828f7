package dev.creek.consumer.text;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Turns libraries' messages about broken connections into plain words, in this one place. Messages
 * of a server stay as they are.
 */
public final class ErrorWords {
  private static final String REFUSED = "the connection was refused: nothing listens there";
  private static final String UNROUTED = "there is no way through the network to it";
  private static final String SLOW_TO_CONNECT = "no answer to the attempt to connect";
  private static final String BROKEN = "the connection broke";
  private static final String UNKNOWN_NAME = "the host's name cannot be resolved";
  private static final String SILENT = "no answer in time";

  private record Words(Pattern pattern, String words) {}

  /** By the errors of the operating system, whose numbers Netty passes on, and by their names. */
  private static final List<Words> KNOWN =
      List.of(
          words("error\\(-111\\)|connection refused", REFUSED),
          words("error\\(-1(01|12|13)\\)|no route to host|network is unreachable", UNROUTED),
          words("error\\(-110\\)|connect(ion)? timed out", SLOW_TO_CONNECT),
          words(
              "error\\(-(32|103|104|107)\\)|connection reset|broken pipe"
                  + "|connection (was |unexpectedly |prematurely |has been )?closed"
                  + "|connection is close|read channel closed|failed to read initial info|unexpected end of|end of stream",
              BROKEN),
          words("failed to resolve|name or service not known|unresolved address", UNKNOWN_NAME),
          words("Pool#acquire", "no connection became free in time"),
          words("read timed out|timeout on blocking read", SILENT));

  /** Reactor's message for a timeout. */
  private static final Pattern UNOBSERVED = Pattern.compile("within (\\d+)ms");

  /** The exception's name that Java puts before a message; users do not need it. */
  private static final Pattern EXCEPTION_NAME =
      Pattern.compile("\\b(?:[a-z0-9]+\\.)+[A-Z][A-Za-z]*(?:Exception|Error)(?:: |$)");

  /** Names of operators, and of functions with their arguments left out. */
  private static final Pattern FOREIGN =
      Pattern.compile(
          "\\w\\(\\.\\.\\)|error\\(-\\d+\\)|\\b(?:Mono|Flux)[A-Z]\\w*|\\bsource\\(|\\bPool#");

  /** Netty's form: the call that failed, its number, and the operating system's name for it. */
  private static final Pattern NUMBERED = Pattern.compile(".*error\\(-\\d+\\)(?:: )?");

  private ErrorWords() {}

  private static Words words(String pattern, String words) {
    return new Words(Pattern.compile(pattern, Pattern.CASE_INSENSITIVE), words);
  }

  /** An error's own message if it is ours or a server's, otherwise the result of {@link #of}. */
  public static String described(Throwable error) {
    String said = error.getMessage();
    return said == null || error instanceof TimeoutException || FOREIGN.matcher(said).find()
        ? of(error)
        : said;
  }

  /** A description of the innermost cause. */
  public static String of(Throwable error) {
    Throwable cause = deepest(error);
    String byType = ofType(cause);
    return byType != null ? byType : of(String.valueOf(cause.getMessage()));
  }

  private static @Nullable String ofType(Throwable cause) {
    if (cause instanceof UnknownHostException) {
      // The JDK's message contains only the name.
      return UNKNOWN_NAME;
    }
    if (cause instanceof NoRouteToHostException) {
      return UNROUTED;
    }
    if (cause instanceof SocketTimeoutException || isConnectTimeout(cause)) {
      return SLOW_TO_CONNECT;
    }
    if (cause instanceof ClosedChannelException) {
      return BROKEN;
    }
    if (cause instanceof ConnectException && cause.getMessage() == null) {
      return REFUSED;
    }
    return cause instanceof TimeoutException ? ofTimeout(cause) : null;
  }

  private static boolean isConnectTimeout(Throwable cause) {
    return cause.getClass().getSimpleName().equals("ConnectTimeoutException");
  }

  private static String ofTimeout(Throwable timeout) {
    String said = String.valueOf(timeout.getMessage());
    Matcher limit = UNOBSERVED.matcher(said);
    if (limit.find()) {
      return "no answer within " + shown(Duration.ofMillis(Long.parseLong(limit.group(1))));
    }
    return timeout.getMessage() == null ? SILENT : of(said);
  }

  /** The same for a message that a library has already written. */
  public static String of(String said) {
    String plain = EXCEPTION_NAME.matcher(said).replaceAll("").strip().replaceFirst("\\.+$", "");
    for (Words known : KNOWN) {
      if (known.pattern().matcher(plain).find()) {
        return known.words();
      }
    }
    Matcher limit = UNOBSERVED.matcher(plain);
    if (FOREIGN.matcher(plain).find()) {
      return limit.find()
          ? "no answer within " + shown(Duration.ofMillis(Long.parseLong(limit.group(1))))
          : ofSystem(plain);
    }
    return plain.isEmpty() || plain.equals("null") ? BROKEN : plain;
  }

  private static String ofSystem(String foreign) {
    Matcher numbered = NUMBERED.matcher(foreign);
    String words = numbered.lookingAt() ? foreign.substring(numbered.end()) : "";
    return words.isEmpty() ? BROKEN : words;
  }

  /** Seconds, or milliseconds if it is less. */
  public static String shown(Duration duration) {
    long millis = duration.toMillis();
    return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
  }

  private static Throwable deepest(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    return cause;
  }
}
