package dev.creek.consumer.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    Told.line(meters, "s.a.b", "copy.b", FakeService.backlog(Duration.ZERO, 0));
    Told.state(meters, "copy.b", "streaming", null, null);
    Told.incomplete(
        meters, "copy.b", Map.of("recreated", 1), List.of("others have emptied the table"));
    Probes.Answer answer = new Probes(meters, service).ready().block();
    assertThat(answer.ok()).isTrue();
    assertThat(answer.json())
        .contains("\"ready\":true", "\"incomplete_tables\":1", "\"table\":\"copy.b\"")
        .contains("\"causes\":[\"recreated\"]", "others have emptied the table");
  }

  @Test
  void isNotReadyBeforeEveryTableHasBeenTakenUpOnce() {
    service.tables = List.of(seen("copy.a", true), seen("copy.b", true), seen("copy.old", false));
    var meters = new Meters(new LogCounts());
    assertThat(new Probes(meters, service).ready().block().json())
        .contains("\"ready\":false", "2 of 2 tables have not been taken up", "copy.a, copy.b");
    Told.line(meters, "s.p.a", "copy.a", FakeService.backlog(Duration.ZERO, 0));
    assertThat(new Probes(meters, service).ready().block().ok()).as("nothing is known").isFalse();
    Told.state(meters, "copy.a", "streaming", null, null);
    service.instances = List.of(instance(true, "copy.b"));
    assertThat(new Probes(meters, service).ready().block().ok()).as("not claimed now").isFalse();
    service.instances = List.of(instance(false, "copy.b"));
    var probes = new Probes(meters, service);
    assertThat(probes.ready().block().ok()).as("another instance has it").isTrue();
    int asked = service.tablesAsked.get();
    service.tablesFail = true;
    assertThat(probes.ready().block().ok()).as("once is enough").isTrue();
    assertThat(service.tablesAsked).hasValue(asked);
  }

  @Test
  void isNotReadyWhereNobodyTellsWhichTablesThereAre() {
    service.tablesFail = true;
    assertThat(probes.ready().block().json())
        .contains("\"ready\":false", "it is not known yet which tables there are");
  }

  private static SubscriptionView seen(String target, boolean active) {
    return new SubscriptionView(
        "s.p.x", target, active, "waiting", null, null, null, 0, 0, "0/0", IncompletenessView.NONE);
  }

  private static InstanceView instance(boolean self, String owns) {
    return new InstanceView("id", "host", "1", null, self, true, Instant.EPOCH, Set.of(owns));
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
