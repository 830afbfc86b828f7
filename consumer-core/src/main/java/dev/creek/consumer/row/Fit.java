package dev.creek.consumer.row;

/** Whether a target column holds the values of a wire column unchanged. */
sealed interface Fit {
  Fit ALWAYS = new Always();
  Fit NEVER = new Never();

  /** Every value, or PostgreSQL refuses it loudly. */
  record Always() implements Fit {}

  /** Not every value, and which not would be known too late, or not at all. */
  record Never() implements Fit {}

  /** Each value tells whether it is stored as it is. */
  record Checked(ValueGuard guard) implements Fit {}
}
