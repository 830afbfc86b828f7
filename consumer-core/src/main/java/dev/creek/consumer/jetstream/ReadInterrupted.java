package dev.creek.consumer.jetstream;

/** A consumer came to its end, or the way to it did: another takes its place. */
final class ReadInterrupted extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ReadInterrupted(String reason) {
    // Ordinary in the life of a connection, and all that matters is in the message.
    super(reason, null, false, false);
  }
}
