package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.TableState;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The reasons for waiting that were logged for a table in one outage. Each is logged once, and of a
 * server's connection only one, because a connection fails in many ways while the server is away.
 */
final class ReportedReasons {
  /** Our words, or PostgreSQL's: class 08, and a server that stops, has crashed or starts. */
  private static final Pattern OF_A_CONNECTION =
      Pattern.compile(
          "\\bconnect|\\bno answer\\b|\\bnot answer\\b|\\bno heartbeat\\b"
              + "|\\(SQLSTATE (08...|57P0[123])\\)");

  private final Set<String> described = new HashSet<>();

  /** Tells whether this was not logged yet in this outage; from now on it counts as logged. */
  boolean isNews(TableState waiting) {
    String reason = String.valueOf(waiting.reason());
    return described.add(OF_A_CONNECTION.matcher(reason).find() ? server(reason) : reason);
  }

  /** The outage is over. */
  void clear() {
    described.clear();
  }

  /** The beginning of a reason names the server that cannot be reached. */
  private static String server(String reason) {
    return reason.substring(0, Math.max(0, reason.indexOf(": ")));
  }
}
