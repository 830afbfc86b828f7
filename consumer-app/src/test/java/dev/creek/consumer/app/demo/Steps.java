package dev.creek.consumer.app.demo;

import java.util.Locale;
import java.util.function.Supplier;

/** Says what is being done, and how long it took. */
final class Steps {

  private static final long SLOW_NANOS = 100_000_000;

  private final Terminal terminal;
  private final Stop stop;

  Steps(Terminal terminal, Stop stop) {
    this.terminal = terminal;
    this.stop = stop;
  }

  /** Does it, unless the demo is to end. */
  <T> T step(String what, Supplier<T> work) {
    stop.check();
    terminal.print("  " + what + " …");
    long begin = System.nanoTime();
    String end = " failed";
    try {
      T result = work.get();
      long nanos = System.nanoTime() - begin;
      end = nanos < SLOW_NANOS ? "" : String.format(Locale.ROOT, " %.1f s", nanos / 1e9);
      return result;
    } finally {
      terminal.println(end);
    }
  }

  void step(String what, Runnable work) {
    step(
        what,
        () -> {
          work.run();
          return true;
        });
  }
}
