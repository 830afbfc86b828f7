package dev.creek.consumer.app.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.creek.consumer.testing.PrometheusServer;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Prometheus' own tool has nothing against the alerts; skipped where there is no Prometheus. */
final class AlertsIT {
  @Test
  void areRulesThatPrometheusUnderstands() {
    Optional<String> missing = PrometheusServer.missing();
    assumeTrue(missing.isEmpty(), missing.orElse(""));
    assertThat(PrometheusServer.checkRules(Path.of("..", "docs", "prometheus", "alerts.yml")))
        .contains("SUCCESS: 10 rules found");
  }
}
