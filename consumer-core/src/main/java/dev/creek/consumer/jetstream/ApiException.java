package dev.creek.consumer.jetstream;

import com.fasterxml.jackson.databind.JsonNode;

/** JetStream's refusal of a request. */
final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int STREAM_NOT_FOUND = 10059;
  private static final int MESSAGE_NOT_FOUND = 10037;

  private final int errorCode;

  ApiException(int errorCode, String description) {
    super(description + " (" + errorCode + ")");
    this.errorCode = errorCode;
  }

  /** The one that an answer's {@code error} tells of. */
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
}
