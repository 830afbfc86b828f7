package dev.creek.consumer.jetstream;

import io.nats.client.Message;
import io.nats.client.impl.Headers;
import io.nats.client.support.Status;
import org.jspecify.annotations.Nullable;

/** A message that is no packet: the broker's word on a request for messages. */
sealed interface PullStatus {
  /**
   * Nothing is to be sent for now. It follows everything sent before it.
   *
   * @param sent the consumer's sequence of the last message sent; 0 if it does not say, {@link
   *     Long#MAX_VALUE} if that cannot be read
   */
  record Heartbeat(long sent) implements PullStatus {}

  /** The request with this number has ended as requests do; -1 is no request. */
  record Ended(int number) implements PullStatus {}

  /** It has ended because the next message is longer than the rest of its bytes. */
  record EndedByBytes(int number) implements PullStatus {}

  /** The consumer cannot be used any more. */
  record Broken(String reason) implements PullStatus {}

  /**
   * Reads a message.
   *
   * @param inbox the beginning of the subject that answers come to, which the request's number
   *     follows
   */
  static PullStatus of(Message message, String inbox) {
    if (!message.isStatusMessage()) {
      return new Broken("a message came that JetStream did not send");
    }
    Status status = message.getStatus();
    return switch (status.getCode()) {
      case Status.FLOW_OR_HEARTBEAT_STATUS_CODE -> new Heartbeat(sent(message.getHeaders()));
      case Status.NOT_FOUND_CODE, Status.REQUEST_TIMEOUT_CODE ->
          new Ended(pullNumber(message, inbox));
      case Status.CONFLICT_CODE -> conflict(message, inbox, status.getMessage());
      case Status.NO_RESPONDERS_CODE -> new Broken("the consumer is gone");
      default -> new Broken(status.getMessageWithCode());
    };
  }

  private static PullStatus conflict(Message message, String inbox, String reason) {
    if (reason.startsWith(Status.MESSAGE_SIZE_EXCEEDS_MAX_BYTES)) {
      return new EndedByBytes(pullNumber(message, inbox));
    }
    return reason.startsWith(Status.BATCH_COMPLETED)
        ? new Ended(pullNumber(message, inbox))
        : new Broken(reason);
  }

  private static long sent(@Nullable Headers headers) {
    String sent = headers == null ? null : headers.getFirst("Nats-Last-Consumer");
    try {
      return sent == null ? 0 : Long.parseLong(sent);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private static int pullNumber(Message status, String inbox) {
    String subject = status.getSubject();
    try {
      return Integer.parseInt(subject, inbox.length(), subject.length(), 10);
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      return -1;
    }
  }
}
