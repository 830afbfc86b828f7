package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.api.ShapeMismatchException;
import org.jspecify.annotations.Nullable;

/** The way in which a loaded table becomes the target. */
sealed interface FinishPlan {

  /**
   * It takes the target's place.
   *
   * @param signature of the target when the copy was made
   * @param misfit why the target cannot take the rows as it is, so that only a swap is possible;
   *     null if it can
   */
  record Swap(ShadowTable twin, String signature, @Nullable ShapeMismatchException misfit)
      implements FinishPlan {

    /** The error if the target cannot be made anew either. */
    static ShapeMismatchException impossible(ShapeMismatchException misfit, String reason) {
      return new ShapeMismatchException(
          misfit.getMessage() + "; a clean snapshot cannot create it again: " + reason,
          misfit.hint());
    }
  }

  /**
   * The target's rows are changed to equal its rows.
   *
   * @param reason why it does not take the target's place
   */
  record InPlace(String reason) implements FinishPlan {}
}
