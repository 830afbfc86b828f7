package dev.creek.consumer.source;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.SourceException;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.TableWire;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Marks between changes: where they come, and what they tell. */
class MarksTest {
  private static final Duration PATIENCE = Patience.LIMIT;

  private final SourceFeed feed = SourceFeed.of("shop");
  private final TableWire orders =
      feed.table("public", "orders").column("id", "int4", KEY).column("note", "text");
  private final TableWire wider = orders.column("extra", "int8");
  private final TableWire lines = feed.table("public", "lines").column("id", "int4", KEY);

  @AfterEach
  void close() {
    feed.close();
  }

  /** Two changes of schema within one transaction, and one that goes back later. */
  private void publish() {
    feed.transaction(tx -> tx.insert(orders, 1, "a").insert(lines, 1));
    feed.transaction(
        tx ->
            tx.insert(orders, 2, "b").insert(lines, 2).insert(wider, 3, "c", 1L).insert(lines, 3));
    feed.transaction(tx -> tx.insert(wider, 4, "d", 1L).insert(orders, 5, "e"));
    feed.transaction(tx -> tx.insert(lines, 4));
  }

  private static final List<String> ALL =
      List.of(
          "orders: ? to id note",
          "Insert orders",
          "lines: ? to id",
          "Insert lines",
          "Insert orders",
          "Insert lines",
          "orders: id note to id note extra",
          "Insert orders",
          "Insert lines",
          "Insert orders",
          "orders: id note extra to id note",
          "Insert orders");

  private static String text(Element<?> element) {
    if (element instanceof Mark.SchemaChanged<?> changed) {
      return changed.table().table()
          + ": "
          + (changed.before() == null ? "?" : columns(changed.before()))
          + " to "
          + columns(changed.after());
    }
    return element.getClass().getSimpleName() + " " + element.table().table();
  }

  private static String columns(TableSchema schema) {
    return schema.columns().stream().map(TableSchema.Column::name).collect(Collectors.joining(" "));
  }

  @Test
  void aChangedSchemaIsToldRightBeforeTheFirstChangeThatHasIt() {
    publish();
    Changes<Row> changes = feed.open().changes("shop.public.*");
    assertThat(changes.elements().take(12).map(MarksTest::text).collectList().block(PATIENCE))
        .isEqualTo(ALL);

    List<Transaction<Row>> transactions =
        changes.startAt(Start.EARLIEST).transactions().take(3).collectList().block(PATIENCE);
    assertThat(transactions.stream().flatMap(tx -> tx.elements().stream()).map(MarksTest::text))
        .isEqualTo(ALL);
    assertThat(transactions.stream().map(tx -> tx.changes().size())).containsExactly(2, 4, 2);

    List<String> batches =
        changes
            .startAt(Start.EARLIEST)
            .batches()
            .concatMapIterable(Chunk::elements)
            .map(MarksTest::text)
            .take(12)
            .collectList()
            .block(PATIENCE);
    assertThat(batches).isEqualTo(ALL);
  }

  @Test
  void theSequenceIsThatOfTheFirstChangeWithTheNewSchema() {
    publish();
    List<Element<Row>> all =
        feed.open().changes("shop.public.orders").elements().take(7).collectList().block(PATIENCE);
    for (int i : IntStream.range(0, all.size() - 1).toArray()) {
      if (all.get(i) instanceof Mark.SchemaChanged<Row> changed) {
        Change<Row> next = (Change<Row>) all.get(i + 1);
        assertThat(next.origin().sequence()).isEqualTo(changed.sequence());
        assertThat(next.origin().schema()).isSameAs(changed.after());
      }
    }
    assertThat(all).hasAtLeastOneElementOfType(Mark.SchemaChanged.class);
  }

  /** Nobody knows whether the table was altered while nobody read. */
  @Test
  void theFirstChangeOfATableInASubscriptionHasAMarkOfItsOwn() {
    publish();
    CreekSource creek = feed.open();
    for (int round = 0; round < 3; round++) {
      Transaction<Row> one =
          creek
              .changes("shop.public.orders")
              .transactions()
              .next()
              .delayUntil(Transaction::commit)
              .block(PATIENCE);
      assertThat(one.elements().get(0))
          .isInstanceOfSatisfying(
              Mark.SchemaChanged.class,
              changed -> {
                assertThat(changed.before()).isNull();
                assertThat(changed.after()).isSameAs(one.changes().get(0).origin().schema());
              });
    }
  }

  @Test
  void changesComeWithoutMarks() {
    publish();
    assertThat(feed.open().changes("shop.public.*").changes().take(8).collectList().block(PATIENCE))
        .hasSize(8);
  }

  /** The mark is there although the row behind it does not fit. */
  @Test
  void theMarkComesBeforeARowThatDoesNotFit() {
    record Narrow(int id, String note) {}
    TableWire other = feed.table("public", "orders").column("id", "int4", KEY);
    feed.transaction(tx -> tx.insert(orders, 1, "a"));
    feed.transaction(tx -> tx.insert(other, 2));
    List<String> seen = new java.util.concurrent.CopyOnWriteArrayList<>();
    assertThatThrownBy(
            () ->
                feed.open()
                    .changes("shop.public.orders")
                    .as(Narrow.class)
                    .elements()
                    .concatMap(one -> Mono.fromRunnable(() -> seen.add(text(one))), 0)
                    .blockLast(PATIENCE))
        .isInstanceOf(SourceException.Unmappable.class);
    assertThat(seen)
        .containsExactly("orders: ? to id note", "Insert orders", "orders: id note to id");
  }
}
