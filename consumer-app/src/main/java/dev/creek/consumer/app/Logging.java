package dev.creek.consumer.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.config.Configuration.LogLevel;
import dev.creek.consumer.app.http.LogCounts;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * The process's log on standard error, configured in code and not in XML, which would take longer
 * to read than the first row to come.
 */
final class Logging {
  /** It logs a stack trace for every broken connection; the affected tables log one line each. */
  private static final String DATABASE_DRIVER = "io.r2dbc.postgresql.client.ReactorNettyClient";

  private final boolean colour;
  private final LogCounts counts;
  private @Nullable LimitedAppender appender;

  Logging(boolean colour, LogCounts counts) {
    this.colour = colour;
    this.counts = counts;
  }

  /** Configures the log; once. */
  void configure(Configuration.Logging options) {
    var context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    var limited =
        new LimitedAppender(
            options.linesPerSecond(),
            options.burst(),
            format(options.format()),
            standardError(),
            counts,
            System::nanoTime);
    limited.setContext(context);
    limited.start();
    appender = limited;
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(ofLibraries(options.level()));
    root.addAppender(limited);
    if (ofLibraries(options.level()) == Level.WARN) {
      context.getLogger(DATABASE_DRIVER).setLevel(Level.OFF);
    }
    context.getLogger("dev.creek").setLevel(Level.toLevel(options.level().name()));
  }

  private LogFormat format(Configuration.LogFormat wanted) {
    return switch (wanted) {
      case TEXT -> new LogLine(colour, ZoneId.systemDefault());
      case JSON -> new JsonLogLine();
    };
  }

  /** Writes what is pending; nothing is logged afterwards. */
  void stop() {
    LimitedAppender current = appender;
    if (current != null) {
      current.stop();
    }
  }

  /** Netty, R2DBC, Reactor and the NATS client log two levels lower than we do. */
  private static Level ofLibraries(LogLevel level) {
    return switch (level) {
      case ERROR -> Level.ERROR;
      case WARN, INFO -> Level.WARN;
      case DEBUG -> Level.INFO;
      case TRACE -> Level.DEBUG;
    };
  }

  private static Consumer<String> standardError() {
    var stream = new FileOutputStream(FileDescriptor.err);
    return text -> {
      try {
        stream.write(text.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }
}
