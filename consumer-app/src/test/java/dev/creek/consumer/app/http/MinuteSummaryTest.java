package dev.creek.consumer.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.creek.consumer.api.MetricsRecorder.Backlog.Certainty;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

final class MinuteSummaryTest {
  private final Meters meters = new Meters(new LogCounts());
  private final MinuteSummary summary = new MinuteSummary(meters);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final Logger log = (Logger) LoggerFactory.getLogger(MinuteSummary.class);

  @BeforeEach
  void listen() {
    lines.start();
    log.addAppender(lines);
    log.setLevel(ch.qos.logback.classic.Level.INFO);
  }

  @AfterEach
  void stopListening() {
    log.detachAppender(lines);
  }

  @Test
  void saysHowManyChangesCameSinceTheLastOne() {
    Told.line(meters, "s.a.b", "c.d", FakeService.backlog(Duration.ZERO, 0));
    Told.state(meters, "c.d", "streaming", null, null);
    Told.applied(meters, "s.a.b", "c.d", 5, 0, 0, 0, null);
    assertThat(line())
        .isEqualTo("tables: 1 streaming; 5 changes in the last minute, nothing pending");
    Told.applied(meters, "s.a.b", "c.d", 2, 0, 0, 0, null);
    assertThat(line()).contains("; 2 changes");
    assertThat(line()).contains("; 0 changes");
  }

  @Test
  void saysWhoIsFurthestBehind() {
    Told.line(meters, "s.a.b", "c.d", FakeService.backlog(Duration.ofMillis(1500), 3));
    Told.line(meters, "s.a.e", "c.f", FakeService.backlog(Duration.ZERO, 0));
    Told.state(meters, "c.d", "failed", "why", "what");
    assertThat(line())
        .isEqualTo(
            "tables: 1 failed, 1 waiting; 0 changes in the last minute, 3 messages pending, c.d is 1.5 s behind");
    assertThat(lines.list.get(0).getKeyValuePairs().toString())
        .contains("tables=\"2\"", "pending=\"3\"", "lag_ms=\"1500\"");
  }

  @Test
  void saysThatItIsNotKnownWhatIsPendingWhereNothingCanBeRead() {
    Told.line(
        meters,
        "s.a.b",
        "c.d",
        FakeService.backlog(Duration.ofSeconds(40), Certainty.BOUND, 0, Certainty.UNKNOWN));
    assertThat(line())
        .isEqualTo(
            "tables: 1 waiting; 0 changes in the last minute, nothing can be read for 1 table just now, so what is pending there is not known");
    Told.line(meters, "s.a.e", "c.f", FakeService.backlog(Duration.ofMillis(1500), 3));
    assertThat(line())
        .endsWith(
            ", at least 3 messages pending, c.f is 1.5 s behind; nothing can be read for 1 table just now, so what is pending there is not known");
  }

  @Test
  void saysSoWhereThereIsNothingToDo() {
    assertThat(line()).startsWith("no tables here; 0 changes");
  }

  private String line() {
    summary.write();
    return lines.list.get(lines.list.size() - 1).getFormattedMessage();
  }
}
