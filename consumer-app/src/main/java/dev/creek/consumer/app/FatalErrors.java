package dev.creek.consumer.app;

import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.scheduler.Schedulers;

/**
 * Ends the process if an error of the JVM was not handled: the work of that thread has stopped
 * without a message, and the process would look alive.
 */
final class FatalErrors {
  /**
   * The JVM's own code with {@code -XX:+ExitOnOutOfMemoryError}. That option is not used: it ends
   * the process at the first error, although the table whose row did not fit has handled it.
   */
  static final int EXIT_CODE = 3;

  private final Runnable exit;
  private final AtomicBoolean over = new AtomicBoolean();

  /**
   * @param exit ends the process at once
   */
  FatalErrors(Runnable exit) {
    this.exit = exit;
  }

  /** Handles uncaught errors of all threads from now on. */
  static void install() {
    var errors = new FatalErrors(() -> Runtime.getRuntime().halt(EXIT_CODE));
    Schedulers.onHandleError("creek-fatal", errors::escaped);
    Thread.setDefaultUncaughtExceptionHandler(errors::escaped);
  }

  void escaped(Thread thread, Throwable error) {
    if ((error instanceof VirtualMachineError || error instanceof LinkageError)
        && over.compareAndSet(false, true)) {
      try {
        // Not by the log, which may need the missing memory.
        System.err.println(
            "creek-consumer ends: "
                + error
                + " on thread "
                + thread.getName()
                + " was not expected");
      } finally {
        exit.run();
      }
    }
  }
}
