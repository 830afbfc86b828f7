package dev.creek.consumer.postgres;

import dev.creek.consumer.row.ShapeMismatchException;
import org.jspecify.annotations.Nullable;

/** How a loaded table becomes the target. */
sealed interface Ending {

  /**
   * It takes the target's place.
   *
   * @param signature of the target when the twin was made
   * @param misfit why the target cannot take the rows as it is, so that only a swap will do; null
   *     where it can
   */
  record Swap(TableTwin twin, String signature, @Nullable ShapeMismatchException misfit)
      implements Ending {

    /** What to say where the target cannot be made anew either. */
    static ShapeMismatchException impossible(ShapeMismatchException misfit, String reason) {
      return new ShapeMismatchException(
          misfit.getMessage() + "; a clean snapshot does not make it anew: " + reason,
          misfit.hint());
    }
  }

  /**
   * The target is made to hold its rows.
   *
   * @param reason why it does not take the target's place
   */
  record InPlace(String reason) implements Ending {}
}
