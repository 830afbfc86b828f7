package dev.creek.consumer.app.http;

import static dev.creek.consumer.app.http.FakeService.backlog;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.MetricsRecorder.Backlog.Certainty;
import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.Reachability;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ExpositionTest {
  private static final String ORDERS = "copy.orders";

  private final Meters meters = new Meters(new LogCounts());
  private final Exposition exposition = new Exposition(meters, Build.of("1.2.3"));

  @Test
  void keepsTheGoConsumersCounterWithItsLabels() {
    line("shop.public.orders", ORDERS);
    Told.applied(meters, "shop.public.orders", ORDERS, 3, 2, 1, 0, null);
    Told.applied(meters, "shop.public.orders", ORDERS, 0, 0, 0, 1, null);
    assertThat(scrape())
        .contains(
            "creek_consumer_pg_inserts{creek_pg_source=\"public.orders\",creek_pg_target=\"copy.orders\",creek_stream_type=\"wal\"} 7.0\n");
  }

  @Test
  void countsSnapshotRowsUnderTheGoConsumersNameToo() {
    line("shop.public.orders", ORDERS);
    Told.snapshot(meters, "shop.public.orders", ORDERS, "clean", "loading", 10, 40);
    Told.snapshot(meters, "shop.public.orders", ORDERS, "clean", "loading", 30, 40);
    assertThat(scrape())
        .contains("creek_consumer_snapshot_rows_done{target=\"copy.orders\"} 30.0\n")
        .contains("creek_consumer_snapshot_rows_expected{target=\"copy.orders\"} 40.0\n")
        .contains(
            "{creek_pg_source=\"public.orders\",creek_pg_target=\"copy.orders\",creek_stream_type=\"snap\"} 30.0\n");
    Told.snapshotEnded(meters, ORDERS, "clean", "ok");
    Told.snapshot(meters, "shop.public.orders", ORDERS, "clean", "loading", 5, 40);
    Told.snapshotEnded(meters, ORDERS, "clean", "failed");
    assertThat(scrape())
        .contains("creek_stream_type=\"snap\"} 35.0\n")
        .contains("creek_consumer_snapshots_total{mode=\"clean\",result=\"ok\"} 1.0\n")
        .contains("creek_consumer_snapshots_total{mode=\"clean\",result=\"failed\"} 1.0\n")
        .doesNotContain("creek_consumer_snapshot_rows_done{");
  }

  @Test
  void tellsOfEachTableWhatWasAppliedAndHowFarBehindItIs() {
    Told.line(meters, "shop.public.orders", ORDERS, backlog(Duration.ofMillis(2500), 17));
    Instant at = Instant.parse("2026-03-01T12:00:00.500Z");
    Told.applied(meters, "shop.public.orders", ORDERS, 3, 2, 1, 4, at);
    assertThat(scrape())
        .contains(
            "creek_consumer_applied_changes_total{operation=\"insert\",target=\"copy.orders\"} 3.0\n",
            "creek_consumer_applied_changes_total{operation=\"update\",target=\"copy.orders\"} 2.0\n",
            "creek_consumer_applied_changes_total{operation=\"delete\",target=\"copy.orders\"} 1.0\n",
            "creek_consumer_applied_changes_total{operation=\"truncate\",target=\"copy.orders\"} 4.0\n",
            "creek_consumer_commits_total{target=\"copy.orders\"} 1.0\n",
            "creek_consumer_lag_seconds{target=\"copy.orders\"} 2.5\n",
            "creek_consumer_pending_messages{target=\"copy.orders\"} 17.0\n",
            "creek_consumer_last_applied_commit_timestamp_seconds{target=\"copy.orders\"} "
                + at.toEpochMilli() / 1000.0,
            "creek_consumer_table_info{source=\"shop.public.orders\",target=\"copy.orders\"} 1\n");
  }

  @Test
  void tellsTheGroupOfATableAndWhetherItIsAMember() {
    Told.line(meters, "shop.public.orders", ORDERS, backlog(Duration.ZERO, 0));
    Told.line(meters, "shop.public.alone", "copy.alone", backlog(Duration.ZERO, 0));
    Told.grouped(meters, ORDERS, "it's \"odd\"", Membership.APART);
    assertThat(scrape())
        .contains(
            "creek_consumer_table_info{group=\"it's \\\"odd\\\"\",source=\"shop.public.orders\",target=\"copy.orders\"} 1\n",
            "creek_consumer_table_info{source=\"shop.public.alone\",target=\"copy.alone\"} 1\n",
            "creek_consumer_group_member{target=\"copy.orders\"} 0.0\n")
        .doesNotContain("creek_consumer_group_member{target=\"copy.alone\"}");
    Told.grouped(meters, ORDERS, "it's \"odd\"", Membership.MEMBER);
    assertThat(scrape()).contains("creek_consumer_group_member{target=\"copy.orders\"} 1.0\n");
  }

  @Test
  void tellsNoNumberThatIsNotKnown() {
    Told.line(meters, "s.a.b", ORDERS, backlog(Duration.ZERO, 0));
    assertThat(scrape()).contains("creek_consumer_backlog_known{target=\"copy.orders\"} 1.0\n");
    Told.line(
        meters,
        "s.a.b",
        ORDERS,
        backlog(Duration.ofSeconds(40), Certainty.BOUND, 0, Certainty.UNKNOWN));
    assertThat(scrape())
        .contains("creek_consumer_backlog_known{target=\"copy.orders\"} 0.0\n")
        .contains("creek_consumer_lag_seconds{target=\"copy.orders\"} 40.0\n")
        .doesNotContain("creek_consumer_pending_messages{");
    Told.line(
        meters, "s.a.b", ORDERS, backlog(Duration.ZERO, Certainty.UNKNOWN, 3, Certainty.BOUND));
    assertThat(scrape())
        .contains("creek_consumer_backlog_known{target=\"copy.orders\"} 0.0\n")
        .contains("creek_consumer_pending_messages{target=\"copy.orders\"} 3.0\n")
        .doesNotContain("creek_consumer_lag_seconds{");
  }

  @Test
  void countsReasonsWhyRowsMayDiffer() {
    line("s.a.b", ORDERS);
    assertThat(scrape())
        .contains("creek_consumer_pg_incomplete{cause=\"column\",target=\"copy.orders\"} 0.0\n");
    Told.incomplete(meters, ORDERS, Map.of("column", 2), List.of("one", "two"));
    assertThat(scrape())
        .contains("creek_consumer_pg_incomplete{cause=\"column\",target=\"copy.orders\"} 2.0\n")
        .contains("creek_consumer_pg_incomplete{cause=\"forced\",target=\"copy.orders\"} 0.0\n");
    Told.incomplete(meters, ORDERS, Map.of(), List.of());
    assertThat(scrape())
        .contains("creek_consumer_pg_incomplete{cause=\"column\",target=\"copy.orders\"} 0.0\n");
  }

  @Test
  void aMovedPositionIsNoCommit() {
    line("shop.public.orders", ORDERS);
    Told.applied(meters, "shop.public.orders", ORDERS, 0, 0, 0, 0, null);
    assertThat(scrape()).contains("creek_consumer_commits_total{target=\"copy.orders\"} 0.0\n");
  }

  @Test
  void countsWaysIntoTroubleOnce() {
    line("s.a.b", ORDERS);
    Told.state(meters, ORDERS, "failed", "no column", "add it");
    Told.state(meters, ORDERS, "failed", "no column, again", "add it");
    Told.retry(meters, ORDERS, "08");
    Told.state(meters, ORDERS, "streaming", null, null);
    Told.state(meters, ORDERS, "failed", "no column", "add it");
    Told.state(meters, ORDERS, "gap", "gone", "snapshot");
    Told.skipped(meters, ORDERS);
    Told.missed(meters, ORDERS, 3);
    assertThat(scrape())
        .contains("creek_consumer_failed_changes_total{target=\"copy.orders\"} 2.0\n")
        .contains("creek_consumer_gaps_total{target=\"copy.orders\"} 1.0\n")
        .contains("creek_consumer_skipped_changes_total{target=\"copy.orders\"} 1.0\n")
        .contains("creek_consumer_missed_rows_total{target=\"copy.orders\"} 3.0\n")
        .contains("creek_consumer_retries_total{class=\"08\",target=\"copy.orders\"} 1.0\n")
        .contains("creek_consumer_table_state{state=\"gap\",target=\"copy.orders\"} 1.0\n")
        .contains("creek_consumer_table_state{state=\"failed\",target=\"copy.orders\"} 0.0\n");
  }

  @Test
  void sortsBatchesIntoHistograms() {
    line("s.a.b", ORDERS);
    Told.batch(meters, ORDERS, 10, 3000, Duration.ofMillis(4));
    Told.batch(meters, ORDERS, 11, 1 << 30, Duration.ofMinutes(1));
    assertThat(scrape())
        .contains(
            "creek_consumer_batch_rows_bucket{le=\"10.0\"} 1\n",
            "creek_consumer_batch_rows_bucket{le=\"100.0\"} 2\n",
            "creek_consumer_batch_rows_sum 21.0\n",
            "creek_consumer_batch_bytes_bucket{le=\"8192.0\"} 1\n",
            "creek_consumer_batch_bytes_bucket{le=\"+Inf\"} 2\n",
            "creek_consumer_batch_duration_seconds_bucket{le=\"0.005\"} 1\n",
            "creek_consumer_batch_duration_seconds_bucket{le=\"30.0\"} 1\n",
            "creek_consumer_batch_duration_seconds_count 2\n");
  }

  @Test
  void forgetsTablesThatAreNoLongerHandled() {
    line("s.a.b", "c.d");
    line("s.a.e", "c.f");
    Told.applied(meters, "s.a.b", "c.d", 1, 0, 0, 0, null);
    Told.snapshot(meters, "s.a.b", "c.d", "upsert", "loading", 1, 2);
    Told.snapshotEnded(meters, "c.d", "upsert", "ok");
    Told.retry(meters, "c.d", "40");
    Told.removed(meters, "c.d");
    Told.applied(meters, "s.a.b", "c.d", 1, 0, 0, 0, null);
    Told.state(meters, "c.d", "failed", "late", "");
    assertThat(scrape())
        .contains("\"c.f\"", "creek_consumer_tables_owned 1.0")
        .doesNotContain("\"c.d\"");
  }

  @Test
  void forgetsASnapshotOfATableThatIsNotSubscribed() {
    Told.snapshot(meters, "s.a.b", "c.d", "clean", "loading", 1, 2);
    assertThat(scrape()).contains("\"c.d\"");
    Told.snapshotEnded(meters, "c.d", "clean", "ok");
    assertThat(scrape()).doesNotContain("\"c.d\"");
  }

  @Test
  void namesInQuotesAreLabelsWithoutThem() {
    line("s.\"My Schema\".\"a.b\"", "c.\"x\"\"y\"");
    assertThat(scrape()).contains("creek_pg_source=\"My Schema.a.b\",creek_pg_target=\"c.x\\\"y\"");
  }

  /** Else the first failure would be no increase. */
  @Test
  void countsOfCommandsAndSnapshotsBeginWithZero() {
    assertThat(scrape())
        .contains(
            "creek_consumer_commands_total{result=\"failed\",verb=\"resync\"} 0.0\n",
            "creek_consumer_snapshots_total{mode=\"upsert\",result=\"cancelled\"} 0.0\n");
  }

  @Test
  void tellsOfServersPoolCommandsAndTheJvm() {
    Told.command(meters, "snapshot", "ok");
    String text =
        exposition.scrape(
            Exposition.type(null), new Reachability("away", null), new PoolUse(8, 5, 3, 2));
    assertThat(text)
        .contains(
            "log_messages_total{level=\"info\"} 0.0",
            "creek_consumer_broker_up 0.0",
            "creek_consumer_database_up 1.0",
            "creek_consumer_pool_connections{state=\"idle\"} 2.0",
            "creek_consumer_pool_connections{state=\"used\"} 3.0",
            "creek_consumer_pool_connections_max 8.0",
            "creek_consumer_pool_waiting 2.0",
            "creek_consumer_commands_total{result=\"ok\",verb=\"snapshot\"} 1.0",
            "creek_consumer_build_info{java=\"",
            "version=\"1.2.3\"",
            "jvm_memory_used_bytes{",
            "process_uptime_seconds");
  }

  @Test
  void answersInTheFormThatIsAskedFor() {
    String open = Exposition.type("application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
    assertThat(open).startsWith("application/openmetrics-text");
    line("s.a.b", ORDERS);
    assertThat(exposition.scrape(open, new Reachability(null, null), new PoolUse(1, 0, 0, 0)))
        .contains("# TYPE creek_consumer_applied_changes counter\n")
        .contains("# TYPE creek_consumer_pg_inserts unknown\n")
        .endsWith("# EOF\n");
    assertThat(Exposition.type("*/*")).startsWith("text/plain; version=0.0.4");
    assertThat(scrape())
        .contains("# TYPE creek_consumer_applied_changes_total counter\n")
        .contains("# TYPE creek_consumer_pg_inserts untyped\n");
  }

  private void line(String source, String target) {
    Told.line(meters, source, target, backlog(Duration.ZERO, 0));
  }

  private String scrape() {
    return exposition.scrape(
        Exposition.type(null), new Reachability(null, null), new PoolUse(1, 0, 0, 0));
  }
}
