package shop;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Down while nothing is read. */
@Component
public class ReadingHealth implements HealthIndicator {
  private final Outages outages;

  public ReadingHealth(Outages outages) {
    this.outages = outages;
  }

  @Override
  public Health health() {
    String reason = outages.reason();
    return reason == null ? Health.up().build() : Health.down().withDetail("reason", reason).build();
  }
}
