package dev.creek.consumer.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;

/**
 * The format of the log. A formatted event ends with a line break and contains no secrets.
 * Thread-safe.
 */
interface LogFormat {

  /** An event. */
  String format(ILoggingEvent event);

  /**
   * A line about the log itself.
   *
   * @param millis time, since 1970
   */
  String line(long millis, Level level, String message);
}
