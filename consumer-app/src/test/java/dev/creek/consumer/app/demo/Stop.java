package dev.creek.consumer.app.demo;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Whether somebody wants the demo to end: Control-C or SIGTERM. */
final class Stop {

  private final CountDownLatch asked = new CountDownLatch(1);

  /** Thrown where there is nothing to finish. */
  static final class Asked extends RuntimeException {
    private static final long serialVersionUID = 1;

    private Asked() {
      super("stopped");
    }
  }

  void ask() {
    asked.countDown();
  }

  boolean isAsked() {
    return asked.getCount() == 0;
  }

  /** Throws if it is. */
  void check() {
    if (isAsked()) {
      throw new Asked();
    }
  }

  /** Waits that long, or less if it is; returns whether it is. */
  boolean await(Duration limit) {
    try {
      return asked.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }
}
