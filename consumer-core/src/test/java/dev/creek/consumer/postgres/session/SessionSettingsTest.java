package dev.creek.consumer.postgres.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SessionSettingsTest {
  @Test
  void letsOptionsWinOverOurSettingsButNotOverThoseThatValuesRelyOn() {
    var settings =
        SessionSettings.startup(
            Map.of("Lock_Timeout", "7"), Duration.ofSeconds(1), Duration.ofSeconds(2));
    assertThat(settings)
        .containsEntry("lock_timeout", "7")
        .containsEntry("statement_timeout", "1000")
        .containsEntry("intervalstyle", "postgres")
        .containsEntry("row_security", "off")
        .doesNotContainKey("timezone");
  }
}
