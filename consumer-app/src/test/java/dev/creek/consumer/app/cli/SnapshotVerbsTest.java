package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.Command.Verb;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.app.config.Configuration;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

final class SnapshotVerbsTest {
  private static final Instant WHEN = Instant.parse("2025-04-01T10:11:12Z");

  private final CliRun cli = CliRun.withServers();

  @Test
  void listsSnapshotsAndMarksWhatHasNoEnd() throws Exception {
    cli.consumer.published.add(new PublishedSnapshot("s.a", 1, 12, 12, WHEN, true));
    cli.consumer.published.add(new PublishedSnapshot("s.long", 13, 20, 8, WHEN, false));
    assertThat(cli.run("list-snapshots", "shop.public.orders")).isZero();
    assertThat(cli.out.toString().lines())
        .containsExactly(
            "Name    Published             Rows  State",
            "s.a     2025-04-01T10:11:12Z  10    complete",
            "s.long  2025-04-01T10:11:12Z  7     incomplete");
    var again = CliRun.withServers();
    again.consumer.published.addAll(cli.consumer.published);
    assertThat(again.run("list-snapshots", "--json", "shop.public.orders")).isZero();
    JsonNode json = new ObjectMapper().readTree(again.out.toString());
    assertThat(json.get(1).get("name").textValue()).isEqualTo("s.long");
    assertThat(json.get(1).get("rows").longValue()).isEqualTo(7);
    assertThat(json.get(1).get("complete").booleanValue()).isFalse();
    assertThat(again.consumer.asked).contains("snapshots shop.public.orders");
  }

  @Test
  void anEmptyListOfATableThatNobodyHasIsAnError() {
    assertThat(cli.run("list-snapshots", "shop.public.idle")).isZero();
    assertThat(cli.run("list-snapshots", "shop.public.unknown", "shop.public.idle")).isOne();
    assertThat(cli.err.toString())
        .contains("shop.public.unknown: the broker holds no change, schema or snapshot of it")
        .doesNotContain("idle:");
  }

  @Test
  void showsHowFarASnapshotIs() {
    cli.consumer.steps.put(
        Verb.SNAPSHOT,
        Flux.just(
            new CommandStep.Snapshot(progress(Step.LOADING, 1500, 3000)),
            new CommandStep.Done("3,000 rows of s.x")));
    assertThat(cli.run("snapshot", "--mode", "clean", "s.a.b:c.d")).isZero();
    assertThat(cli.consumer.asked).containsExactly("SNAP clean s.a.b:c.d", "close");
    assertThat(cli.out.toString().lines()).containsExactly("s.a.b:c.d: 3,000 rows of s.x");
    assertThat(cli.err.toString().lines())
        .containsExactly("s.a.b:c.d: 50 %, 1,500 of 3,000 rows, 1,500 rows/s, 0:01 left");
    assertThat(cli.configuration.snapshots())
        .isEqualTo(new Configuration.Snapshots(2, Duration.ofSeconds(60), null));
  }

  @Test
  void appliesASnapshotByName() {
    assertThat(cli.run("apply-snapshot", "--name", "s.x", "--mode", "CLEAN", "s.a.b:c.d")).isZero();
    assertThat(cli.consumer.asked).contains("APPLY_SNAP clean s.x s.a.b:c.d");
    assertThat(cli.run("apply-snapshot", "--name", "s.x", "--force", "s.a.b:c.d")).isZero();
    assertThat(cli.consumer.asked).contains("force APPLY_SNAP upsert s.x s.a.b:c.d");
  }

  @Test
  void whatCannotBeReadKeepsEverythingFromBeingDone() {
    assertThat(cli.run("snapshot", "--mode", "other", "s.a.b:c.d")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.run("snapshot", "x")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.run("apply-snapshot", "s.a.b:c.d")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.run("list-snapshots", "c.d")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.consumer.asked).isEmpty();
    assertThat(cli.err.toString()).contains("must be upsert or clean").contains("--name");
  }

  @Test
  void boundsAreSettings() {
    cli.environment.put("SNAPSHOTS", "5");
    assertThat(cli.run("snapshot", "--snapshot-stall", "2m", "s.a.b:c.d")).isZero();
    assertThat(cli.configuration.snapshots())
        .isEqualTo(new Configuration.Snapshots(5, Duration.ofMinutes(2), null));
    assertThat(cli.run("snapshot", "--snapshots", "0", "s.a.b:c.d")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.run("snapshot", "--snapshot-stall", "0", "s.a.b:c.d")).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aTerminalIsShownABar() {
    assertThat(SnapshotDisplay.bar(progress(Step.LOADING, 500, 2000)))
        .isEqualTo("c.d [######..................] 25 %, 500 of 2,000 rows, 500 rows/s, 0:03 left");
    assertThat(SnapshotDisplay.bar(progress(Step.LOADING, 500, -1)))
        .isEqualTo("s.a.b:c.d: 500 rows, 500 rows/s");
    assertThat(SnapshotDisplay.bar(progress(Step.BUILDING, 2000, 2000)))
        .isEqualTo("s.a.b:c.d: 2,000 rows loaded; building indexes");
  }

  private static SnapshotProgress progress(Step step, long done, long expected) {
    return new SnapshotProgress(
        Mapping.parse("s.a.b:c.d"),
        "s.x",
        SnapshotMode.CLEAN,
        step,
        done,
        expected,
        Duration.ofSeconds(1));
  }
}
