package dev.creek.consumer.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import dev.creek.consumer.app.config.Redaction;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * A log event as text: time with offset, level, message, without secrets. The logger is included if
 * it is useful: below INFO and in libraries' messages.
 */
final class LogLine implements LogFormat {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", Locale.ROOT);
  private static final String OURS = "dev.creek.";
  private static final String END = "\u001b[0m";

  private final boolean colour;
  private final DateTimeFormatter time;

  LogLine(boolean colour, ZoneId zone) {
    this.colour = colour;
    this.time = TIME.withZone(zone);
  }

  /** One line, and the stack trace's lines if there is one. */
  @Override
  public String format(ILoggingEvent event) {
    String line =
        line(
            event.getTimeStamp(),
            event.getLevel(),
            where(event) + oneLine(event.getFormattedMessage()));
    IThrowableProxy thrown = event.getThrowableProxy();
    return thrown == null ? line : line + Redaction.redact(ThrowableProxyUtil.asString(thrown));
  }

  @Override
  public String line(long millis, Level level, String message) {
    String padded = String.format(Locale.ROOT, "%-5s", level);
    return time.format(Instant.ofEpochMilli(millis))
        + " "
        + (colour ? colourOf(level) + padded + END : padded)
        + " "
        + Redaction.redact(message)
        + System.lineSeparator();
  }

  private static String where(ILoggingEvent event) {
    String logger = event.getLoggerName();
    boolean obvious = logger.startsWith(OURS) && event.getLevel().isGreaterOrEqual(Level.INFO);
    return obvious ? "" : logger.substring(logger.lastIndexOf('.') + 1) + ": ";
  }

  /** A table's name may contain a line break: it must not look like another event. */
  private static String oneLine(String message) {
    return message.replace("\r", "\\r").replace("\n", "\\n").replace("\u001b", "\\e");
  }

  private static String colourOf(Level level) {
    return switch (level.toInt()) {
      case Level.ERROR_INT -> "\u001b[31m";
      case Level.WARN_INT -> "\u001b[33m";
      default -> "\u001b[2m";
    };
  }
}
