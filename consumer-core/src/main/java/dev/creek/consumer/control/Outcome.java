package dev.creek.consumer.control;

/** How carrying out a command ended. */
sealed interface Outcome {
  Interrupted INTERRUPTED = new Interrupted();

  /**
   * It was carried out.
   *
   * @param detail what was done
   */
  record Done(String detail) implements Outcome {}

  /**
   * It was not, and will not be.
   *
   * @param error why, and what helps
   */
  record Failed(String error) implements Outcome {}

  /**
   * Somebody asked for its end.
   *
   * @param detail who, and what is left
   */
  record Cancelled(String detail) implements Outcome {}

  /** The service stops: another one, or the next start, begins again. */
  record Interrupted() implements Outcome {}
}
