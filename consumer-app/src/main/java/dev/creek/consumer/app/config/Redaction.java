package dev.creek.consumer.app.config;

import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Removes secrets from text of unknown origin, because libraries put URIs into their own messages.
 * It is a second safeguard: known URIs are read and shown by the options that take them ({@link
 * Setting#shown}). In doubt it hides too much.
 */
public final class Redaction {
  /** Replaces a secret. */
  public static final String HIDDEN = "***";

  /**
   * Scheme, user, and everything up to the last @ before white space or the next URI: if a password
   * with / or @ was not escaped, its end must not be shown.
   */
  private static final Pattern USER_INFO =
      Pattern.compile("(?i)([a-z][a-z0-9+.-]*)://(?=\\S*@)([^\\s/:@]*)(:?)((?![a-z]+://)\\S)*@");

  private static final Pattern PARAMETER =
      Pattern.compile("(?i)\\b(password|passwd|sslpassword|token)=[^\\s&'\"]+");

  private Redaction() {}

  /**
   * {@code postgres://me:secret@host} becomes {@code postgres://me:***@host}, {@code
   * nats://token@host} becomes {@code nats://***@host}, {@code …?password=secret} becomes {@code
   * …?password=***}.
   */
  public static String redact(String text) {
    String result = text;
    // Cheap guards: this runs for every log line.
    if (result.contains("://") && result.indexOf('@') >= 0) {
      result = USER_INFO.matcher(result).replaceAll(Redaction::withoutSecret);
    }
    if (result.indexOf('=') >= 0) {
      result = PARAMETER.matcher(result).replaceAll("$1=" + HIDDEN);
    }
    return result;
  }

  private static String withoutSecret(MatchResult uri) {
    String scheme = uri.group(1);
    boolean password = !uri.group(3).isEmpty();
    // In a NATS URI a user may be a token, or the beginning of one.
    String user =
        scheme.startsWith("postgres") ? uri.group(2) + (password ? ":" + HIDDEN : "") : HIDDEN;
    return Matcher.quoteReplacement(scheme + "://" + user + "@");
  }
}
