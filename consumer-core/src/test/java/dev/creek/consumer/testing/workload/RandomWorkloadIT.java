package dev.creek.consumer.testing.workload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.TableComparison;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class RandomWorkloadIT {
  private static final int TRANSACTIONS = 300;

  @RegisterExtension
  static final PostgresExtension oldest =
      PostgresExtension.own(PostgresServer.builder().version(13));

  @RegisterExtension
  static final PostgresExtension newest =
      PostgresExtension.own(PostgresServer.builder().version(18));

  @Test
  void theSameSeedDoesTheSameOnEveryVersion() {
    PostgresDatabase other = newest.freshDatabase();
    RandomWorkload workload = run(oldest.freshDatabase(), 7);
    run(other, 7);

    assertThat(workload.comparison(other).run())
        .allMatch(table -> table.equal() && table.sourceRows() < 10_000)
        .anyMatch(table -> table.sourceRows() > 0);

    PostgresDatabase third = newest.freshDatabase();
    run(third, 8);
    assertThat(TableComparison.allEqual(workload.comparison(third).run())).isFalse();
  }

  private static RandomWorkload run(PostgresDatabase source, long seed) {
    try (RandomWorkload workload = RandomWorkload.of(source, seed).build()) {
      workload.createSource();
      workload.run(TRANSACTIONS);
      workload.finish();
      assertThat(workload.rolledBack()).isPositive();
      return workload;
    }
  }
}
