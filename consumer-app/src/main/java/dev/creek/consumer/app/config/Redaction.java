package dev.creek.consumer.app.config;

import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes secrets out of text that others will read. Works on any text, because libraries put the
 * URIs they were given into their own messages. Where in doubt it hides too much.
 */
public final class Redaction {
  /** What stands for a secret. */
  public static final String HIDDEN = "***";

  /**
   * Scheme, user, and all up to the last @ before white space or the next URI: a password that was
   * not escaped, with / or @ in it, must not leak its tail.
   */
  private static final Pattern IN_TEXT = userInfo("\\S");

  /** The same where the text is nothing but a URI: white space is part of it. */
  private static final Pattern WHOLE = userInfo("[\\s\\S]");

  private static final Pattern PARAMETER =
      Pattern.compile("(?i)\\b(password|passwd|sslpassword|token)=[^\\s&'\"]+");

  private Redaction() {}

  private static Pattern userInfo(String any) {
    return Pattern.compile(
        "(?i)([a-z][a-z0-9+.-]*)://(?=" + any + "*@)([^\\s/:@]*)(:?)((?![a-z]+://)" + any + ")*@");
  }

  /**
   * {@code nats://me:secret@host} becomes {@code nats://me:***@host}, {@code nats://token@host}
   * becomes {@code nats://***@host}, {@code …?password=secret} becomes {@code …?password=***}.
   */
  public static String redact(String text) {
    return redact(text, IN_TEXT);
  }

  /** The same for a text that is one URI or a list of them. */
  public static String redactUri(String uri) {
    return redact(uri, WHOLE);
  }

  private static String redact(String text, Pattern userInfo) {
    String result = text;
    // Cheap guards: this runs for every log line.
    if (result.contains("://") && result.indexOf('@') >= 0) {
      result = userInfo.matcher(result).replaceAll(Redaction::withoutSecret);
    }
    if (result.indexOf('=') >= 0) {
      result = PARAMETER.matcher(result).replaceAll("$1=" + HIDDEN);
    }
    return result;
  }

  private static String withoutSecret(MatchResult uri) {
    String scheme = uri.group(1);
    boolean password = !uri.group(3).isEmpty();
    // In a NATS URI a user without a password is a token.
    boolean userIsPublic = password || scheme.startsWith("postgres");
    String user = userIsPublic ? uri.group(2) : HIDDEN;
    return Matcher.quoteReplacement(scheme + "://" + user + (password ? ":" + HIDDEN : "") + "@");
  }
}
