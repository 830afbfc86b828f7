package dev.creek.consumer.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;

/** How the log looks. What comes of it ends with a line break and holds no secrets. Thread-safe. */
interface LogFormat {

  /** An event. */
  String format(ILoggingEvent event);

  /**
   * A line of our own about the log itself.
   *
   * @param millis when, since 1970
   */
  String line(long millis, Level level, String message);
}
