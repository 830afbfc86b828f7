package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

final class LogLineTest {
  private static final String OURS = "dev.creek.consumer.stream.pipeline.PipelineReport";

  @Test
  void isTimeLevelAndMessage() {
    assertThat(format(false, OURS, Level.WARN, "{} waits", null))
        .isEqualToIgnoringNewLines("2025-04-01T12:11:12.007+02:00 WARN  a.b waits");
  }

  @Test
  void namesTheLoggerWhereThatTellsSomething() {
    assertThat(format(false, "io.netty.x.Y", Level.WARN, "m", null)).contains("WARN  Y: m");
    assertThat(format(false, OURS, Level.DEBUG, "m", null)).contains("DEBUG PipelineReport: m");
  }

  @Test
  void showsNoSecretsInMessagesAndStackTraces() {
    var error = new IllegalStateException("at nats://me:geheim@h");
    assertThat(format(false, OURS, Level.INFO, "to postgres://me:geheim@h/db", error))
        .doesNotContain("geheim")
        .contains("postgres://me:***@h/db")
        .contains("IllegalStateException: at nats://***@h");
  }

  @Test
  void aMessageCannotPassForTwo() {
    assertThat(format(false, OURS, Level.INFO, "x\n2025 ERROR y\u001b[31m", null))
        .endsWith("x\\n2025 ERROR y\\e[31m" + System.lineSeparator());
  }

  @Test
  void coloursTheLevelOnly() {
    assertThat(format(true, OURS, Level.ERROR, "m", null)).contains(" \u001b[31mERROR\u001b[0m m");
    assertThat(new LogLine(false, ZoneOffset.UTC).line(0, Level.ERROR, "m"))
        .doesNotContain("\u001b");
  }

  private static String format(
      boolean colour, String name, Level level, String message, Throwable error) {
    Logger logger = new LoggerContext().getLogger(name);
    Object[] arguments = {"a.b"};
    var event = new LoggingEvent("", logger, level, message, error, arguments);
    event.setInstant(Instant.parse("2025-04-01T10:11:12.007Z"));
    return new LogLine(colour, ZoneId.of("Europe/Stockholm")).format(event);
  }
}
