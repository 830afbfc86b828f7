package dev.creek.consumer.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

final class ProbesTest {
  private final FakeService service = new FakeService();
  private final Probes probes =
      new Probes(new Meters(new LogCounts()), service, Duration.ofMillis(50));

  @Test
  void livesAsLongAsItsThreadsAnswer() {
    assertThat(probes.live().block()).isEqualTo(new Probes.Answer(true, "{\"alive\":true}"));
  }

  @Test
  void doesNotLiveWhereAThreadIsBlocked() {
    service.answers = Mono.never();
    Probes.Answer answer = probes.live().block();
    assertThat(answer.ok()).isFalse();
    assertThat(answer.json()).contains("\"alive\":false", "does not answer");
  }

  @Test
  void asksTheDatabaseOnceForManyWhoAsk() {
    for (int i = 0; i < 100; i++) {
      probes.ready().block();
    }
    // A second may pass meanwhile.
    assertThat(service.asked.get()).isLessThan(10);
  }
}
