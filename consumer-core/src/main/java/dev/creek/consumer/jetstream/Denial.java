package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the server does not let this user do. It says so about the connection, beside all answers:
 * whoever asked is not told.
 *
 * @param act what is refused
 * @param subject of what was asked
 */
record Denial(Act act, String subject) {
  /** What may be refused. */
  enum Act {
    PUBLISH("publish to", "publish"),
    SUBSCRIBE("subscribe to", "subscribe"),
    /** Subscribing to answers to requests, which the client does once for each connection. */
    ANSWERS("subscribe to", "subscribe"),
    /** Naming where an answer is to go: some names are the server's own, for every user. */
    REPLY("name as the place for an answer", "publish");

    private final String verb;
    private final String list;

    /**
     * @param list of the user's permissions that it is in
     */
    Act(String verb, String list) {
      this.verb = verb;
      this.list = list;
    }

    private static Act of(String words) {
      return switch (words.toLowerCase(Locale.ROOT)) {
        case "subscription to" -> SUBSCRIBE;
        case "publish with reply of" -> REPLY;
        default -> PUBLISH;
      };
    }
  }

  private static final Pattern TEXT =
      Pattern.compile(
          "Permissions Violation for (Publish to|Publish with Reply of|Subscription to) \"([^\"]+)\"",
          Pattern.CASE_INSENSITIVE);

  private static final String MADE_UP_TOKEN = "[0-9A-Za-z]{22}";

  /** Names of consumers, which are made up anew each time. */
  private static final Pattern CONSUMER = Pattern.compile("(?<=\\.)creek_" + MADE_UP_TOKEN);

  /** Where answers go, made up anew for each connection. */
  private static final Pattern INBOX = Pattern.compile(MADE_UP_TOKEN + "\\.\\*$");

  /** Null where an error is about something else. */
  static @Nullable Denial of(String error) {
    Matcher found = TEXT.matcher(error);
    return found.find() ? new Denial(Act.of(found.group(1)), found.group(2)) : null;
  }

  boolean isOfPublishing(String to) {
    return act == Act.PUBLISH && subject.equals(to);
  }

  boolean isOfSubscribing(String to) {
    return act == Act.SUBSCRIBE && subject.equals(to);
  }

  boolean isOfReplying(String to) {
    return act == Act.REPLY && subject.equals(to);
  }

  /** The same, known to be about the answers to all requests. */
  Denial ofAnswers() {
    return new Denial(Act.ANSWERS, subject);
  }

  boolean isOfAnswers() {
    return act == Act.ANSWERS;
  }

  /** The same words each time. */
  String reason() {
    return "Permissions Violation for %s \"%s\""
        .formatted(
            switch (act) {
              case PUBLISH -> "Publish to";
              case SUBSCRIBE, ANSWERS -> "Subscription to";
              case REPLY -> "Publish with Reply of";
            },
            lasting());
  }

  /** The permission to grant. */
  String hint() {
    return "let the NATS user %s \"%s\": add that to %s in its permissions"
        .formatted(act.verb, lasting(), act.list);
  }

  /** The same with wildcards for what is made up, as permissions are written. */
  private String lasting() {
    return INBOX.matcher(CONSUMER.matcher(subject).replaceAll("*")).replaceFirst(">");
  }

  BrokerException.Denied error() {
    return new BrokerException.Denied(reason(), hint());
  }
}
