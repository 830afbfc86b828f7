package dev.creek.consumer.jetstream.pull;

/** Takes one consumer's messages. */
public interface PullReceiver {
  /**
   * A message has come. Called for one message after the other, on a thread that all consumers
   * share and that must not wait.
   *
   * @param place where it stands; valid during the call
   * @param data its payload, the receiver's from now on
   * @param wireBytes its size as the broker counts it
   */
  void onMessage(MessagePlace place, byte[] data, long wireBytes);

  /**
   * All that has come so far is handed over; after one message or many, on any thread, and also
   * while more comes.
   */
  default void onPause() {}
}
