package dev.creek.consumer.app.cli;

import java.util.function.Consumer;

/** Requests to end the program. */
public interface StopSignals {

  /**
   * Calls {@code first} with the signal's name when the first one comes; the second ends the
   * process at once.
   *
   * @param first called on a separate thread; must not block
   */
  void listen(Consumer<String> first);
}
