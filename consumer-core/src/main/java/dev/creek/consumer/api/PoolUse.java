package dev.creek.consumer.api;

/**
 * The pool of connections at a moment.
 *
 * @param most how many there may be
 * @param open how many are open
 * @param inUse how many of those are lent
 * @param waiting how many statements wait for one
 */
public record PoolUse(int most, int open, int inUse, int waiting) {
  public static final PoolUse NONE = new PoolUse(0, 0, 0, 0);

  /** Tells whether the next request must wait. */
  public boolean isExhausted() {
    return most > 0 && inUse >= most;
  }
}
