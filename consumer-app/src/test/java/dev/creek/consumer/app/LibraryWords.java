package dev.creek.consumer.app;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Words that no person should have to read. */
final class LibraryWords {
  /**
   * Names of operators and classes, errors by number, records as Java prints them, stack traces.
   */
  private static final Pattern OF_A_LIBRARY =
      Pattern.compile(
          "\\(\\.\\.\\)|error\\(-|Did not observe|\\bMono|\\bFlux|\\bsource\\(|Pool#|\\bnull\\b"
              + "|\\b(?:[a-z0-9]+\\.){2,}[A-Z]\\w+|[a-z](?:Exception|Error)\\b|\\b[A-Z]\\w+\\[\\w+="
              + "|@[0-9a-f]{6,}|\\w/\\d+\\.\\d+\\.|^\\s+at |Caused by"
              + "|SSLHandshake|handshake|[Cc]hannel|PKIX|SSLEngine|ByteBuf|\\bsocket\\b");

  private LibraryWords() {}

  /** Those that a text holds. */
  static List<String> in(String text) {
    return OF_A_LIBRARY.matcher(text).results().map(MatchResult::group).toList();
  }
}
