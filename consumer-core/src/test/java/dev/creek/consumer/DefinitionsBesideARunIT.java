package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SchemaCopy;
import dev.creek.consumer.api.SchemaCopy.Outcome;
import dev.creek.consumer.api.SchemaPart;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableComparison;
import dev.creek.consumer.testing.WholePath;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Constraints and indexes that come to tables while a consumer applies their changes. */
final class DefinitionsBesideARunIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private final CreekConsumer consumer = path.consumer();

  @Test
  void areCreatedWhileTheirTablesAreApplied() throws Throwable {
    source.execute(
        "create table customers (id int primary key, name text)",
        """
        create table orders (
            id int primary key, customer int references customers, placed int default 1,
            check (placed > 0))
        """,
        "create index by_customer on orders (customer)",
        "insert into customers select i, 'c' || i from generate_series(1, 50) i",
        "insert into orders select i, 1 + i % 50 from generate_series(1, 500) i");
    path.produce(Generation.NEW);
    for (String table : List.of("customers", "orders")) {
      consumer.snapshots().take(path.mapping(table), SnapshotMode.CLEAN).blockLast(PATIENCE);
      consumer.tables().add(path.mapping(table)).block(PATIENCE);
    }
    path.run();
    List<SchemaCopy> copies =
        consumer
            .tables()
            .copyDefinitions(
                // Foreign keys find the tables that are subscribed.
                List.of(path.mapping("orders")),
                DatabaseOptions.of(source.patientUri()),
                EnumSet.allOf(SchemaPart.class))
            .collectList()
            .block(PATIENCE);
    assertThat(copies)
        .filteredOn(copy -> copy.outcome() == Outcome.CREATED)
        .extracting(SchemaCopy::what)
        .containsExactly(
            "default of column \"placed\"",
            "check \"orders_placed_check\"",
            "index \"by_customer\"",
            "foreign key \"orders_customer_fkey\"");
    source.execute(
        "insert into customers values (100, 'new')",
        "insert into orders values (1000, 100)",
        "update orders set customer = 100 where id < 10",
        "delete from orders where customer = 7",
        "delete from customers where id = 7");
    TableComparison.of(source, target)
        .table("public.customers", "public.customers")
        .table("public.orders", "public.orders")
        .awaitEqual(PATIENCE);
    assertThat(target.value("select convalidated from pg_constraint where contype = 'f'"))
        .isEqualTo("t");
  }
}
