package dev.creek.consumer.app.http;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names by which a machine addresses itself. */
final class LocalNames {
  private static final Pattern LOCAL =
      Pattern.compile(
          "(localhost|[^:/]+\\.localhost|127(\\.\\d{1,3}){3}|\\[?::1\\]?)(:\\d{1,5})?",
          Pattern.CASE_INSENSITIVE);

  private LocalNames() {}

  /** Tells whether it is one, with or without a port. */
  static boolean isLocal(@Nullable String host) {
    return host != null && LOCAL.matcher(host).matches();
  }
}
