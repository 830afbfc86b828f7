package dev.creek.consumer.source;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalDecoder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is left out behind snapshots, and what is stored of that. */
class SnapshotHoldingsTest {
  private static final WalTx AT = WalTx.of(10);
  private static final SourceTable OTHER = new SourceTable("source", "app", "odd \"name\".x");
  private static final TableWire ITEMS = TableWire.of("app", "items").column("id", "int4", KEY);
  private static final TableWire REST = TableWire.of("app", "rest").column("id", "int4", KEY);

  private final WalDecoder items = new WalDecoder(ITEMS.walSchema());
  private final WalDecoder rest = new WalDecoder(REST.walSchema());

  private final SnapshotHoldings holdings =
      new SnapshotHoldings(
          Map.of(
              ITEMS.source(),
              new SnapshotHoldings.Held(
                  new Horizon(Horizon.Kind.SNAPSHOT, 3, 5, AT.id(), AT.lsn(), AT.committedAt()),
                  "snap.items"),
              OTHER,
              new SnapshotHoldings.Held(
                  new Horizon(Horizon.Kind.SNAPSHOT, 4, 9, AT.id(), -1, AT.committedAt()),
                  "snap.odd")));

  private Batch batch(WalTx... transactions) {
    List<Change> changes = new ArrayList<>();
    for (WalTx tx : transactions) {
      changes.add(items.decode(ITEMS.insert(tx, 1).message(changes.size() + 1)));
      changes.add(rest.decode(REST.insert(tx, 1).message(changes.size() + 1)));
    }
    return new Batch(changes, 100, true, position(changes.size(), null));
  }

  private static Position position(long sequence, Instant committedAt) {
    return new Position(new StreamIdentity("s", Instant.EPOCH), sequence, 0, committedAt);
  }

  private List<Long> left(Batch batch) {
    return holdings
        .without(batch, schema -> schema.equals(items.schema()) ? ITEMS.source() : REST.source())
        .changes()
        .stream()
        .map(Change::sequence)
        .toList();
  }

  @Test
  void whatASnapshotCertainlyHoldsIsLeftOutOfItsTableAlone() {
    // Both changes of the first two transactions came before the snapshot was requested.
    assertThat(left(batch(WalTx.of(1), WalTx.of(2), WalTx.of(20), WalTx.of(21))))
        .as("changes of the table at 1 and 3 are held; others are not its concern")
        .containsExactly(2L, 4L, 5L, 6L, 7L, 8L);
  }

  @Test
  void whatIsStoredIsReadAgainAndEndsSomeSecondsBehindTheSnapshot() {
    String text = holdings.at(position(7, AT.committedAt()));
    assertThat(text).contains("\"odd \"\"name\"\".x\"");
    assertThat(SnapshotHoldings.parse(text).at(position(7, AT.committedAt()))).isEqualTo(text);
    assertThat(SnapshotHoldings.parse(text).through()).isEqualTo(5);
    assertThat(holdings.at(position(7, AT.committedAt().plus(Duration.ofSeconds(11))))).isEmpty();
    assertThat(SnapshotHoldings.parse("")).isSameAs(SnapshotHoldings.NONE);
  }

  @Test
  void onlyWhatWasCommittedWithinMomentsIsInDoubt() {
    List<Change> changes = batch(WalTx.of(1), WalTx.of(20)).changes();
    assertThat(holdings.mayHold(ITEMS.source(), changes.get(0))).as("held").isFalse();
    assertThat(holdings.mayHold(ITEMS.source(), changes.get(2))).as("a later id").isFalse();
    Change early = items.decode(ITEMS.insert(WalTx.of(2), 1).message(8));
    assertThat(holdings.mayHold(ITEMS.source(), early)).as("behind the request").isTrue();
    assertThat(holdings.mayHold(REST.source(), early)).as("of another table").isFalse();
  }

  /** Whoever begins behind it must not ask the rows; what is in doubt remains so. */
  @Test
  void behindTheFirstDoubtfulChangeThatCameNoRowsAreAskedAfterARestart() {
    Change doubtful = items.decode(ITEMS.insert(WalTx.of(2), 1).message(8));
    holdings.passes(ITEMS.source(), doubtful);

    assertThat(stored(7).snapshot(ITEMS.source())).isEqualTo("snap.items");
    assertThat(stored(8).snapshot(ITEMS.source())).isEmpty();
    assertThat(stored(8).snapshot(OTHER)).isEqualTo("snap.odd");
    assertThat(stored(8).mayHold(ITEMS.source(), doubtful)).isTrue();
    assertThat(holdings.takeUnstored()).isFalse();

    holdings.passesUnproven(OTHER);
    assertThat(stored(1).snapshot(OTHER)).isEmpty();
    assertThat(holdings.takeUnstored()).isTrue();
    assertThat(holdings.takeUnstored()).as("once").isFalse();
  }

  private SnapshotHoldings stored(long sequence) {
    return SnapshotHoldings.parse(holdings.at(position(sequence, AT.committedAt())));
  }

  /** One message of it was in the stream before the snapshot was requested. */
  @Test
  void aTransactionThatTheStreamHeldAPartOfIsHeld() {
    WalTx tx = WalTx.of(2);
    Batch both =
        new Batch(
            List.of(
                items.decode(ITEMS.insert(tx, 1).message(5)),
                items.decode(ITEMS.insert(tx, 2).message(6))),
            100,
            true,
            position(6, null));
    assertThat(left(both)).isEmpty();
  }

  /** The producer's generation changed, and it publishes some transactions again. */
  @Test
  void inAnotherStreamWhatWasHandledIsLeftOutOfAllTables() {
    WalTx last = new WalTx(900, AT.committedAt().plusSeconds(60), AT.lsn() + 0x1000);
    Position position =
        new Position(new StreamIdentity("old", Instant.EPOCH), 77, last.lsn(), last.committedAt());
    SnapshotHoldings there = holdings.elsewhere(position, last.committedAt());
    String text =
        there.at(new Position(new StreamIdentity("new", Instant.EPOCH), 0, 0, last.committedAt()));
    SnapshotHoldings stored = SnapshotHoldings.parse(text);
    for (SnapshotHoldings one : List.of(there, stored)) {
      assertThat(decided(one, tx(880, last, -10, -0x800))).isEqualTo("left out");
      assertThat(decided(one, last)).as("perhaps a part of it").isEqualTo("maybe");
      assertThat(decided(one, tx(901, last, 1, 0x100))).isEqualTo("maybe");
      assertThat(decided(one, tx(950, last, 30, 0x900))).isEqualTo("comes");
    }
    assertThat(stored.through()).as("sequences of the other stream do not count").isZero();
  }

  private static WalTx tx(long id, WalTx from, long seconds, long lsn) {
    return new WalTx(id, from.committedAt().plusSeconds(seconds), from.lsn() + lsn);
  }

  private String decided(SnapshotHoldings of, WalTx tx) {
    Change change = rest.decode(REST.insert(tx, 1).message(1));
    Batch left =
        of.without(
            new Batch(List.of(change), 10, true, position(1, null)), schema -> REST.source());
    if (left.changes().isEmpty()) {
      return "left out";
    }
    return of.mayHold(REST.source(), change) ? "maybe" : "comes";
  }
}
