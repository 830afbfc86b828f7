package dev.creek.consumer.app.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class WorkloadIT {

  @RegisterExtension
  static final PostgresExtension postgres =
      PostgresExtension.own(PostgresServer.builder().version(13));

  private PostgresDatabase shop;

  @BeforeEach
  void openTheShop(PostgresDatabase database) {
    shop = database;
    Shop.build(shop);
    Shop.furnish(shop);
  }

  @Test
  void everyTradeAndEveryBurstFindsRowsToChange() throws SQLException {
    for (Shop.Trade trade : Stream.concat(Shop.STEADY.stream(), Shop.BURSTS.stream()).toList()) {
      assertThat(changedRows(trade)).as(trade.name()).isPositive();
    }
  }

  @Test
  void noTransactionIsOpenDuringAPause() {
    try (Workload workload = Workload.start(shop, 1000)) {
      await().until(() -> workload.transactions() > 20);
      try (Workload.Pause pause = workload.pause()) {
        assertThat(
                shop.value(
                    "select count(*) from pg_stat_activity where datname = current_database()"
                        + " and backend_xid is not null"))
            .isEqualTo("0");
      }
      long before = workload.transactions();
      await().until(() -> workload.transactions() > before);
      assertThat(workload.failure()).isEmpty();
    }
  }

  /**
   * Tries it often: a random row may be one that has nothing to change, as every second order is.
   */
  private int changedRows(Shop.Trade trade) throws SQLException {
    int changed = 0;
    try (Connection connection = shop.connect();
        Statement statement = connection.createStatement()) {
      // The archive takes what is older than the newest 4,000 orders.
      statement.execute(
          "insert into orders (customer_id, history) select 1, '{}' from generate_series(1, 2500)");
      for (int attempt = 0; attempt < 200 && changed == 0; attempt++) {
        for (String sql : trade.statements()) {
          changed += statement.executeUpdate(sql);
        }
      }
    }
    return changed;
  }
}
