package dev.creek.consumer.postgres.apply;

/**
 * The manner in which changes are applied one by one.
 *
 * @param again whether they may be repetitions, so that a unique value may have moved on
 * @param maybeMissing whether their rows may be missing
 */
record ReplayMode(Again again, boolean maybeMissing) {
  static final ReplayMode USUAL = new ReplayMode(Again.NO, false);

  /** Tells whether the target has seen changes before. */
  enum Again {
    NO,
    /** They were committed about when a snapshot was taken. */
    MAYBE,
    YES
  }

  /** One object for most changes. */
  static ReplayMode of(Again again, boolean maybeMissing) {
    return again == Again.NO && !maybeMissing ? USUAL : new ReplayMode(again, maybeMissing);
  }

  /** Tells whether rows with their unique values make room, because these rows come back. */
  boolean taking() {
    return again == Again.YES;
  }
}
