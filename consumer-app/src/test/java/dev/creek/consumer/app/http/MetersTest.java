package dev.creek.consumer.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MetersTest {
  private final Meters meters = new Meters(new LogCounts());

  @Test
  void keepsTheGoConsumersCounterWithItsLabels() {
    meters.applied("shop.public.orders", "copy.orders", 3, 2, 1, 0, null);
    meters.applied("shop.public.orders", "copy.orders", 0, 0, 0, 1, null);
    assertThat(meters.scrape())
        .contains(
            "creek_consumer_pg_inserts{creek_pg_source=\"public.orders\",creek_pg_target=\"copy.orders\",creek_stream_type=\"wal\"} 7.0\n");
  }

  @Test
  void forgetsTablesThatAreNoLongerHandled() {
    meters.applied("s.a.b", "c.d", 1, 0, 0, 0, null);
    meters.applied("s.a.e", "c.f", 1, 0, 0, 0, null);
    meters.removed("c.d");
    assertThat(meters.scrape()).contains("\"c.f\"").doesNotContain("\"c.d\"");
  }

  @Test
  void namesInQuotesAreLabelsWithoutThem() {
    meters.applied("s.\"My Schema\".\"a.b\"", "c.\"x\"\"y\"", 1, 0, 0, 0, null);
    assertThat(meters.scrape())
        .contains("creek_pg_source=\"My Schema.a.b\",creek_pg_target=\"c.x\\\"y\"");
  }

  @Test
  void canBeAskedBeforeAnythingHappened() {
    assertThat(meters.scrape()).contains("log_messages_total{level=\"info\"} 0.0");
  }
}
