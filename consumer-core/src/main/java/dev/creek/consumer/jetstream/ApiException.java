package dev.creek.consumer.jetstream;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/** JetStream's refusal of a request. */
final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int STREAM_NOT_FOUND = 10059;
  private static final int MESSAGE_NOT_FOUND = 10037;

  /**
   * Errors of a stream with {@code workqueue} retention: a consumer must acknowledge; must be the
   * only one; must not share its subjects.
   */
  private static final Set<Integer> WORK_QUEUE = Set.of(10084, 10099, 10100);

  private final int errorCode;

  ApiException(int errorCode, String description) {
    super(description + " (" + errorCode + ")");
    this.errorCode = errorCode;
  }

  /** The exception for an answer's {@code error}. */
  static ApiException of(JsonNode error) {
    return new ApiException(
        error.path("err_code").intValue(),
        error.path("description").asText("code " + error.path("code").asText()));
  }

  boolean streamNotFound() {
    return errorCode == STREAM_NOT_FOUND;
  }

  boolean messageNotFound() {
    return errorCode == MESSAGE_NOT_FOUND;
  }

  /** The remedy. */
  String hint() {
    return WORK_QUEUE.contains(errorCode)
        ? "the stream is a work queue, which removes a message as soon as one reader has it, and"
            + " nats-server alters that of no stream: nats stream rm NAME, then nats stream add"
            + " NAME --retention=limits with the same subjects, then creek-consumer resync for"
            + " each table; creek-consumer check names the stream"
        : "nats-server refuses it: look at the stream and at the limits of the account;"
            + " creek-consumer check says more";
  }
}
