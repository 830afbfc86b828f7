package dev.creek.consumer.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class ProgressTest {

  private static final Instant COMMIT = Instant.parse("2024-01-01T00:00:00Z");

  private final Progress progress = new Progress();

  @Test
  void lagIsTheTimeFromCommitToCommit() {
    progress.moved(5, 5, COMMIT, COMMIT.plusMillis(3));
    assertThat(progress.lag()).isEqualTo(Duration.ofMillis(3));
  }

  @Test
  void aPositionThatMovesWithoutAChangeIsNoLag() {
    progress.moved(5, 5, COMMIT, COMMIT.plusMillis(3));
    progress.moved(9, 5, COMMIT, COMMIT.plusSeconds(20));
    assertThat(progress.lag()).isEqualTo(Duration.ofMillis(3));
  }

  @Test
  void lagGrowsWhileAChangeWaits() throws InterruptedException {
    progress.moved(5, 6, COMMIT, COMMIT.plusNanos(1));
    Duration first = progress.lag();
    progress.moved(5, 7, COMMIT, COMMIT.plusNanos(1));
    assertThat(progress.lag()).isGreaterThan(first).isGreaterThan(Duration.ofNanos(1));
    progress.moved(7, 7, COMMIT.plusSeconds(1), COMMIT.plusSeconds(1).plusNanos(2));
    assertThat(progress.lag()).isEqualTo(Duration.ofNanos(2));
  }

  @Test
  void ratesCoverTheLastTwoSeconds() {
    History history = new History();
    for (int second = 0; second <= 10; second++) {
      history.add(second * 1_000_000_000L, second <= 5 ? 0 : (second - 5) * 100L);
    }
    assertThat(history.rate()).isEqualTo(100);
    assertThat(history.rates())
        .containsExactly(0.0, 0.0, 0.0, 0.0, 0.0, 100.0, 100.0, 100.0, 100.0, 100.0);
  }
}
