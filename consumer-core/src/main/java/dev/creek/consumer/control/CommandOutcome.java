package dev.creek.consumer.control;

/** How a command stands. */
public enum CommandOutcome {
  /** Queued or running. */
  PENDING,
  /** Carried out. */
  OK,
  /** Refused or failed: its status says why. */
  FAILED,
  /** Given up because somebody asked for that: its detail says who. */
  CANCELLED
}
