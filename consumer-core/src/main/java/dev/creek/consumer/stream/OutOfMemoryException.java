package dev.creek.consumer.stream;

import java.util.function.Supplier;

/**
 * The memory did not suffice for one table's work. As an error of the JVM it would end the table's
 * pipeline without a signal. The JVM can often go on, because the objects of the failed work are
 * garbage afterwards. Never contains row values.
 */
public final class OutOfMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * For work that failed.
   *
   * @param work the work, as the end of "not enough memory to"
   */
  public OutOfMemoryException(String work, VirtualMachineError cause) {
    super("not enough memory to " + work + " (" + cause + ")", cause);
  }

  /**
   * Does work that may need much memory.
   *
   * @throws OutOfMemoryException if there was not enough
   */
  public static <T> T guard(String work, Supplier<T> doing) {
    try {
      return doing.get();
    } catch (OutOfMemoryError | StackOverflowError e) {
      throw new OutOfMemoryException(work, e);
    }
  }
}
