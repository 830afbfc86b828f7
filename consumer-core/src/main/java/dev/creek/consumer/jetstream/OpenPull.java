package dev.creek.consumer.jetstream;

import dev.creek.consumer.jetstream.PullWindow.Pull;

/**
 * The one request for messages that is open, and what is left of it. Not thread-safe: {@link
 * PullWindow} guards it.
 */
final class OpenPull {
  private final int maxMessages;
  private final int overheadBytes;

  private boolean open;
  private int number;
  private long closedSince;
  private long messages;
  private long bytes;
  private boolean alone;

  /** True if the next request is for one message of any length. */
  private boolean nextAlone;

  private int arrived;

  /**
   * No request is open.
   *
   * @param overheadBytes bytes of a message on its way besides those that the broker counts
   */
  OpenPull(int maxMessages, int overheadBytes, long now) {
    this.maxMessages = maxMessages;
    this.overheadBytes = overheadBytes;
    closedSince = now;
  }

  boolean isOpen() {
    return open;
  }

  /** Tells whether the next request is for one message, which may be longer than all bytes. */
  boolean isNextAlone() {
    return nextAlone;
  }

  /** Time since a request was open; for the time between two. */
  long closedNanos(long now) {
    return now - closedSince;
  }

  /** Opens the next request, for what there is room for. */
  Pull open(int room, long roomBytes) {
    open = true;
    number++;
    arrived = 0;
    alone = nextAlone;
    messages = alone ? 1 : Math.min(room, messagesWithin(roomBytes));
    bytes = roomBytes;
    return new Pull(number, (int) messages, alone ? 0 : roomBytes);
  }

  /**
   * Greatest number of messages on their way at once: their overhead is no more than their bytes.
   */
  private long messagesWithin(long roomBytes) {
    return overheadBytes == 0 ? maxMessages : Math.max(1, roomBytes / overheadBytes);
  }

  /** Bytes that may still come. */
  long bytesLeft() {
    return open ? Math.max(0, bytes) : 0;
  }

  /** A message has come that the broker counts as so many bytes. */
  void arrived(long wireBytes, long now) {
    nextAlone = false;
    arrived++;
    messages--;
    bytes -= wireBytes;
    // The broker sends nothing if a request ends with its last message or its last byte.
    if (messages <= 0 || (!alone && bytes <= 0)) {
      ended(number, now);
    }
  }

  /** The request with this number has ended; without effect if another one is open. */
  void ended(int which, long now) {
    if (open && which == number) {
      open = false;
      closedSince = now;
    }
  }

  /** It has ended because the next message is longer than the rest of its bytes. */
  void endedByBytes(int which, long now) {
    if (open && which == number) {
      nextAlone = arrived == 0;
      ended(which, now);
    }
  }
}
