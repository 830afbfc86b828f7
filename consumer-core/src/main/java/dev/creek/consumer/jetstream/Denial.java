package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Something that the server does not allow this user. It reports this on the connection, outside of
 * all answers, so the request itself gets no answer.
 *
 * @param act the refused action
 * @param subject of the request
 */
record Denial(Act act, String subject) {
  /** Actions that may be refused. */
  enum Act {
    PUBLISH("publish to", "publish"),
    SUBSCRIBE("subscribe to", "subscribe"),
    /** Subscribing to answers to requests, which the client does once for each connection. */
    ANSWERS("subscribe to", "subscribe"),
    /**
     * Naming a subject for the answer: some subjects are reserved for the server, for every user.
     */
    REPLY("name as the place for an answer", "publish");

    private final String verb;
    private final String list;

    /**
     * @param list the list of the user's permissions to which it belongs
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

  /** Names of consumers, which are generated each time. */
  private static final Pattern CONSUMER = Pattern.compile("(?<=\\.)creek_" + MADE_UP_TOKEN);

  /** Subjects of answers, which are generated for each connection. */
  private static final Pattern INBOX = Pattern.compile(MADE_UP_TOKEN + "\\.\\*$");

  /** Null if an error is about something else. */
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

  /** The same with wildcards for generated parts, as permissions are written. */
  private String lasting() {
    return INBOX.matcher(CONSUMER.matcher(subject).replaceAll("*")).replaceFirst(">");
  }

  BrokerException.Denied error() {
    return new BrokerException.Denied(reason(), hint());
  }
}
