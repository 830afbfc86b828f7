package dev.creek.consumer.jetstream;

import dev.creek.consumer.stream.LogException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the server does not let this user do. It says so about the connection, beside all answers:
 * whoever asked is not told.
 *
 * @param subscription whether it is about subscribing, else about publishing
 * @param subject of what was asked
 */
record Denial(boolean subscription, String subject) {
  private static final Pattern TEXT =
      Pattern.compile(
          "Permissions Violation for (Publish|Subscription) to \"([^\"]+)\"",
          Pattern.CASE_INSENSITIVE);

  /** Answers to requests cannot come: the client subscribes to them once for each connection. */
  static final Denial OF_ANSWERS = new Denial(true, "_INBOX.>");

  /** Names that are made up anew each time. */
  private static final Pattern MADE_UP =
      Pattern.compile("(?<=\\.)creek_[0-9A-Za-z]{22}|(?<=^_INBOX\\.)[0-9A-Za-z.]+(?=\\.\\*$)");

  /** Null where an error is about something else. */
  static @Nullable Denial of(String error) {
    Matcher found = TEXT.matcher(error);
    return found.find()
        ? new Denial(found.group(1).equalsIgnoreCase("Subscription"), found.group(2))
        : null;
  }

  boolean isOfPublishing(String to) {
    return !subscription && subject.equals(to);
  }

  boolean isOfSubscribing(String to) {
    return subscription && subject.equals(to);
  }

  /** The same words each time. */
  String reason() {
    return "Permissions Violation for %s to \"%s\""
        .formatted(subscription ? "Subscription" : "Publish", lasting());
  }

  String hint() {
    return "let the NATS user %s \"%s\": the table goes on by itself then"
        .formatted(
            subscription ? "subscribe to" : "publish to",
            subject.startsWith("_INBOX.") ? "_INBOX.>" : lasting());
  }

  private String lasting() {
    return MADE_UP.matcher(subject).replaceAll("*");
  }

  ReadInterrupted interruption() {
    return new ReadInterrupted(reason(), hint());
  }

  LogException.Unavailable unavailable() {
    return LogException.Unavailable.until(hint(), reason());
  }
}
