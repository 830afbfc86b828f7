package dev.creek.consumer.row;

/**
 * The answer to the question whether a target column holds the values of a wire column unchanged.
 */
sealed interface Fit {
  Fit ALWAYS = new Always();
  Fit NEVER = new Never();

  /** Every value fits, or PostgreSQL refuses it with an error. */
  record Always() implements Fit {}

  /** Some values do not fit, and they would be found too late or not at all. */
  record Never() implements Fit {}

  /** Each value is checked. */
  record Checked(ValueGuard guard) implements Fit {}
}
