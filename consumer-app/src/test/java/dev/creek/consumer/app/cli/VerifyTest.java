package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.ShapeMismatchException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class VerifyTest {
  private static final String SOURCE = "postgres://reader:verborgen@source/shop";
  private final CliRun cli = CliRun.withServers();

  @Test
  void tellsEqualFromDifferentTables() {
    assertThat(cli.run("verify", "--source-uri", SOURCE, "s.a.b:c.d", "s.a.e:c.different"))
        .isEqualTo(ExitCode.FAILED);
    assertThat(cli.out.toString().lines())
        .containsExactly(
            "s.a.b:c.d: equal, 1,001 rows",
            "  not compared: x (only on the source)",
            "s.a.e:c.different: different; 1,000 rows on the source, 1,001 on the target",
            "  not compared: x (only on the source)",
            "  (7, a) differs");
    assertThat(cli.consumer.asked).contains("verify s.a.b:c.d with reader@source:5432/shop");
  }

  @Test
  void repairsWhereItIsToldTo() {
    assertThat(cli.run("verify", "--repair", "--source-uri", SOURCE, "s.a.e:c.different")).isZero();
    assertThat(cli.out.toString()).contains("equal, 1,001 rows, 3 repaired");
  }

  @Test
  void takesTheSourceFromTheEnvironmentAndNeverShowsItsPassword() throws Exception {
    cli.environment.put("SOURCE_URI", SOURCE);
    cli.consumer.failures.put(
        "verify s.a.b:c.d with reader@source:5432/shop",
        new ShapeMismatchException("source table a.b does not exist", "check the mapping"));
    assertThat(cli.run("verify", "--json", "s.a.b:c.d", "s.a.e:c.different"))
        .isEqualTo(ExitCode.FAILED);
    JsonNode described = new ObjectMapper().readTree(cli.out.toString());
    assertThat(described.get(0).get("error").textValue()).contains("does not exist");
    assertThat(described.get(1).get("differences").get(0).get("key").get(0).textValue())
        .isEqualTo("7");
    assertThat(described.get(1).get("equal").booleanValue()).isFalse();
    assertThat(cli.out.toString() + cli.err).doesNotContain("verborgen");
  }

  @Test
  void takesTheSourceFromAFile(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("settings"), "source-uri = " + SOURCE);
    assertThat(cli.run("verify", "--config", file.toString(), "s.a.b:c.d")).isZero();
    assertThat(cli.consumer.asked).contains("verify s.a.b:c.d with reader@source:5432/shop");
    assertThat(cli.run("config", "--config", file.toString())).isZero();
    assertThat(cli.out.toString())
        .containsPattern("source-uri +postgres://reader:\\*+@source/shop");
    assertThat(cli.out.toString() + cli.err).doesNotContain("verborgen");
  }

  @Test
  void comparesWithASnapshotWhereTheSourceIsNotNamed() {
    assertThat(cli.run("verify", "s.a.b:c.d")).isZero();
    assertThat(cli.out.toString()).contains("s.a.b:c.d: equal, 10 rows");
    assertThat(cli.consumer.asked).contains("verify s.a.b:c.d with a snapshot");
  }

  @Test
  void aSnapshotNeedsNatsAndRepairsNothing() {
    assertThat(cli.run("verify", "--repair", "s.a.b:c.d")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("--source-uri").contains("SOURCE_URI");
    cli.environment.remove("NATS_URI");
    assertThat(cli.run("verify", "s.a.b:c.d")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("neither the source database");
    assertThat(cli.consumer.asked).isEmpty();
  }

  @Test
  void takesPatienceWithItsUnit() {
    assertThat(cli.run("verify", "--source-uri", SOURCE, "--patience", "2m", "s.a.b:c.d")).isZero();
    for (String wrong : new String[] {"5", "soon", "-1s", "48h"}) {
      var refused = CliRun.withServers();
      assertThat(refused.run("verify", "--source-uri", SOURCE, "--patience=" + wrong, "s.a.b:c.d"))
          .isEqualTo(ExitCode.USAGE);
      assertThat(refused.err.toString()).contains("--patience");
    }
  }

  @Test
  void refusesBoundsThatMakeNoSense() {
    assertThat(cli.run("verify", "--source-uri", SOURCE, "--most", "0", "s.a.b:c.d"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(cli.consumer.asked).isEmpty();
  }
}
