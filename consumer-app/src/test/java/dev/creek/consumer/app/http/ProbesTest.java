package dev.creek.consumer.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
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
  void aTableThatMayMissRowsIsToldAndDoesNotMakeTheServiceUnready() {
    var meters = new Meters(new LogCounts());
    meters.line("s.a.b", "copy.b", FakeService.backlog(Duration.ZERO, 0));
    meters.state("copy.b", "streaming", null, null);
    meters.incomplete("copy.b", Map.of("recreated", 1), List.of("others have emptied the table"));
    Probes.Answer answer = new Probes(meters, service).ready().block();
    assertThat(answer.ok()).isTrue();
    assertThat(answer.json())
        .contains("\"ready\":true", "\"incomplete_tables\":1", "\"table\":\"copy.b\"")
        .contains("\"causes\":[\"recreated\"]", "others have emptied the table");
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
