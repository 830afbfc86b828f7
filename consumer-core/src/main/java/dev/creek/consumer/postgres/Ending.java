package dev.creek.consumer.postgres;

/** How a loaded table becomes the target. */
sealed interface Ending {

  /**
   * It takes the target's place.
   *
   * @param signature of the target when the twin was made
   */
  record Swap(TableTwin twin, String signature) implements Ending {}

  /**
   * The target is made to hold its rows.
   *
   * @param reason why it does not take the target's place
   */
  record InPlace(String reason) implements Ending {}
}
