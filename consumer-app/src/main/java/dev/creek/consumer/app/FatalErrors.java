package dev.creek.consumer.app;

import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.scheduler.Schedulers;

/**
 * Ends the process where an error of the JVM got past all that handles errors: whatever was at work
 * there has stopped without a word, and would look alive.
 */
final class FatalErrors {
  /**
   * As the JVM's own, with {@code -XX:+ExitOnOutOfMemoryError}. That is not among our options: it
   * ends the process at the first error, though the table whose row did not fit has handled it.
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

  /** Listens to all threads, from now on, for as long as the process lives. */
  static void install() {
    var errors = new FatalErrors(() -> Runtime.getRuntime().halt(EXIT_CODE));
    Schedulers.onHandleError("creek-fatal", errors::escaped);
    Thread.setDefaultUncaughtExceptionHandler(errors::escaped);
  }

  void escaped(Thread thread, Throwable error) {
    if ((error instanceof VirtualMachineError || error instanceof LinkageError)
        && over.compareAndSet(false, true)) {
      try {
        // Not by the log, which may need what is missing.
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
