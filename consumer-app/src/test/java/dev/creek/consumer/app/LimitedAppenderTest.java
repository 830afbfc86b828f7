package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import dev.creek.consumer.app.http.LogCounts;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LimitedAppenderTest {
  private final LoggerContext context = new LoggerContext();
  private final Logger log = context.getLogger("dev.creek.consumer.Test");
  private final List<String> written = new CopyOnWriteArrayList<>();
  private final AtomicLong clock = new AtomicLong();
  private final LogCounts counts = new LogCounts();
  private final LimitedAppender appender =
      new LimitedAppender(
          1, 2, new LogLine(false, ZoneOffset.UTC), written::add, counts, clock::get);

  @BeforeEach
  void start() {
    log.setLevel(Level.TRACE);
    appender.setContext(context);
    appender.start();
    log.addAppender(appender);
  }

  @AfterEach
  void stop() {
    context.stop();
  }

  @Test
  void writesNoFasterThanTheLimitAndSaysHowManyItLeftOut() {
    for (int i = 0; i < 5; i++) {
      log.info("line {}", i);
    }
    log.debug("more");
    assertThat(messages()).containsExactly("INFO  line 0", "INFO  line 1");
    await()
        .untilAsserted(
            () ->
                assertThat(messages())
                    .last()
                    .isEqualTo("INFO  Log lines left out by --log-rate: 1 debug, 3 info"));
    clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
    log.info("again");
    assertThat(messages()).last().isEqualTo("INFO  again");
  }

  @Test
  void aFloodOfSmallTalkNeverHidesAnError() {
    for (int i = 0; i < 100; i++) {
      log.info("small talk");
    }
    log.error("fire");
    assertThat(messages()).contains("ERROR fire");
  }

  @Test
  void tellsAtTheEndWhatItHasNotToldYet() {
    for (int i = 0; i < 5; i++) {
      log.warn("line");
    }
    appender.stop();
    assertThat(messages()).last().isEqualTo("WARN  Log lines left out by --log-rate: 3 warning");
  }

  @Test
  void countsWhatItLeavesOutToo() {
    for (int i = 0; i < 5; i++) {
      log.warn("line");
    }
    log.error("line");
    log.trace("not counted by the Go consumer either");
    assertThat(counts.byLevel())
        .containsEntry("warning", 5L)
        .containsEntry("error", 1L)
        .containsEntry("debug", 0L)
        .doesNotContainKey("trace");
  }

  private List<String> messages() {
    return written.stream().map(line -> line.substring(line.indexOf(' ') + 1).strip()).toList();
  }
}
