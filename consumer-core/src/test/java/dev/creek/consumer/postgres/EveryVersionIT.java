package dev.creek.consumer.postgres;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.SqlCall;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalTx;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.util.PGInterval;

/** Catalog, control schema and writer on each PostgreSQL that is supported. */
final class EveryVersionIT {

  @ParameterizedTest
  @MethodSource("dev.creek.consumer.testing.PostgresServer#versions")
  void migratesCreatesAndApplies(int version) throws SQLException {
    try (PostgresServer server = PostgresServer.builder().version(version).start()) {
      var database = server.createDatabase();
      var target = PostgresTarget.connect(DatabaseOptions.of(database.patientUri()));
      await(target.subscriptions().migrate());
      var sql = SqlCall.of(database);
      long command = sql.id("resync", "shop.app.\"a b\":public.t");
      assertThat(sql.call("wait_for", command, new PGInterval("1 ms"))).isEqualTo("queued");
      var items =
          TableWire.of("app", "items")
              .column("id", "int4", KEY)
              .column("v", "text")
              .column("tags", "text[]");
      var line = new Line(target, items);
      await(target.tables().createTable(line.mapping.target(), line.schema()));
      var tx = WalTx.of(1);
      line.apply(items.insert(tx, 1, "a", List.of("x")), items.insert(tx, 2, "b", null));
      line.apply(
          items.update(tx, Map.of("id", 1), Map.of("id", 3, "v", "c")),
          items.delete(tx, Map.of("id", 2)));
      line.applyPart(items.insert(tx, 4, "d", null), items.truncate(tx));
      line.apply(items.insert(tx, 5, "e", null));
      assertThat(database.value("select string_agg(i::text, ' ') from items i"))
          .isEqualTo("(5,e,)");

      var log = items.identity(Identity.FULL);
      database.execute("drop table items", "create table items (id int, v text, tags text[])");
      var keyless = new Line(target, log);
      keyless.apply(log.insert(tx, 1, "a", null), log.insert(tx, 1, "a", null));
      keyless.apply(log.delete(tx, Map.of("id", 1, "v", "a")));
      assertThat(database.value("select string_agg(i::text, ' ') from items i"))
          .isEqualTo("(1,a,)");
      assertThat(keyless.stored().sequence()).isEqualTo(3);
      await(target.close());
    }
  }
}
