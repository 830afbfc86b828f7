package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.api.ShapeMismatchException;
import org.jspecify.annotations.Nullable;

/** How a loaded table becomes the target. */
sealed interface FinishPlan {

  /**
   * It takes the target's place.
   *
   * @param signature of the target when the twin was made
   * @param misfit why the target cannot take the rows as it is, so that only a swap will do; null
   *     where it can
   */
  record Swap(ShadowTable twin, String signature, @Nullable ShapeMismatchException misfit)
      implements FinishPlan {

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
  record InPlace(String reason) implements FinishPlan {}
}
