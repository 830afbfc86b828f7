package dev.creek.consumer.machine;

/**
 * How a table ended.
 *
 * @param detail for people, of a violation
 */
record Outcome(String table, Result result, String detail) {

  /** What can be said of it. */
  enum Result {
    /** Streaming, unmarked, and the source's rows. */
    EQUAL,
    /** Streaming, and marked as perhaps not complete. */
    MARKED,
    FAILED,
    GAP,
    /** It was not subscribed at all. */
    REFUSED,
    /** The third outcome, which there must not be. */
    VIOLATION
  }

  static Outcome violation(String table, String detail) {
    return new Outcome(table, Result.VIOLATION, detail);
  }

  /** What went wrong, without numbers and values. */
  String kind() {
    return detail.split("[:\n]", 2)[0];
  }

  boolean isViolation() {
    return result == Result.VIOLATION;
  }
}
