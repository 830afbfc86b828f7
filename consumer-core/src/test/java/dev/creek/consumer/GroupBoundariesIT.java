package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.WirePublisher;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tables that are not subscribed are in the database that a group reads, too. */
final class GroupBoundariesIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  /** Nothing ends a transaction but what follows it. */
  private static final Duration FOR_EVER = Duration.ofDays(1);

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final PostgresDatabase database = path.target();
  private WirePublisher publisher;
  private TableWire orders;
  private TableWire lines;
  private TableWire foreign;
  private int id;

  private static TableWire table(String name, Generation generation) {
    return TableWire.of("app", name)
        .column("id", "int4", TableWire.Flag.KEY)
        .column("note", "text")
        .generation(generation);
  }

  private void begin(Generation generation) {
    orders = table("orders", generation);
    lines = table("lines", generation);
    foreign = table("foreign", generation);
    publisher = path.publisher(generation);
    CreekConsumer consumer =
        path.consumer(path.options().grouping(Grouping.DATABASE).linger(FOR_EVER));
    for (TableWire table : List.of(orders, lines)) {
      publisher.publishSchema(table);
      Mapping mapping = new Mapping(table.source(), target(table));
      consumer.tables().create(mapping).block(PATIENCE);
      consumer.tables().add(mapping).block(PATIENCE);
    }
    path.run();
    awaitValue("select count(*) from _creek_consumer.subscriptions where state = 'streaming'", "2");
  }

  private static TargetTable target(TableWire table) {
    return new TargetTable("copy", table.source().table());
  }

  /** The sequence of the last. */
  private long publish(WalTx tx, TableWire... tables) {
    for (TableWire table : tables) {
      id++;
      publisher.publish(table.source(), table.insert(tx, id, "note"));
    }
    return publisher.flush();
  }

  private void awaitValue(String sql, String value) {
    await().atMost(PATIENCE).until(() -> database.value(sql), value::equals);
  }

  @ParameterizedTest
  @EnumSource
  void aMessageOfATableThatIsNotSubscribedEndsTheTransactionBeforeIt(Generation generation) {
    begin(generation);
    for (int n = 1; n <= 3; n++) {
      publish(WalTx.of(n), orders, foreign, lines, foreign);
    }
    publish(WalTx.of(4), foreign);

    awaitValue("select count(*) from copy.orders", "3");
    assertThat(
            database.value(
                "select count(*) from copy.orders o join copy.lines l on l.id = o.id + 2 and l.xmin = o.xmin"))
        .isEqualTo("3");
  }

  @ParameterizedTest
  @EnumSource
  void itsMessagesTakeThePositionsOfQuietMembersAlong(Generation generation) {
    begin(generation);
    publish(WalTx.of(1), orders, lines);
    long end = 0;
    for (int n = 2; n <= 50; n++) {
      end = publish(WalTx.of(n), foreign, foreign);
    }
    awaitValue(
        "select count(*) from _creek_consumer.subscriptions where stream_seq >= " + end, "2");
  }
}
