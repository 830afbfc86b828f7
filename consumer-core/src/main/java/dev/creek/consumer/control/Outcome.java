package dev.creek.consumer.control;

/** The outcome of a command. */
sealed interface Outcome {
  Interrupted INTERRUPTED = new Interrupted();

  /**
   * It was carried out.
   *
   * @param detail description of what was done
   */
  record Done(String detail) implements Outcome {}

  /**
   * It failed, and will not be repeated.
   *
   * @param error the reason and the remedy
   */
  record Failed(String error) implements Outcome {}

  /**
   * It was cancelled.
   *
   * @param detail the role that cancelled it, and what is left
   */
  record Cancelled(String detail) implements Outcome {}

  /** The service stops: another one, or the next start, begins the command again. */
  record Interrupted() implements Outcome {}
}
