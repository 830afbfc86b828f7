package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalDecoder;
import dev.creek.consumer.wire.WalSchema;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReplayWindowTest {
  private static final TableWire ITEMS = TableWire.of("app", "items").column("id", "int4", KEY);

  private final WalDecoder decoder =
      new WalDecoder(WalSchema.parse(ITEMS.fingerprint(), ITEMS.schemaText()));

  private final ReplayWindow seen = new ReplayWindow(claimed(WalTx.of(10)));

  private static Claim claimed(WalTx last) {
    return new Claim(
        new Mapping(ITEMS.source(), new TargetTable("public", "items")),
        1,
        new Position(Line.STREAM, 1, last.lsn(), last.committedAt()));
  }

  private static Position at(WalTx tx) {
    return new Position(Line.STREAM, 2, tx.lsn(), tx.committedAt());
  }

  /** Takes in a change of each of these transactions. */
  private void next(WalTx... transactions) {
    List<Change> changes = new ArrayList<>();
    for (WalTx tx : transactions) {
      changes.add(decoder.decode(ITEMS.insert(tx, 1).message(changes.size() + 1)));
    }
    seen.next(changes, ReplayWindow.newest(changes));
  }

  /** Takes in changes of rows with these keys, all of one transaction. */
  private void rows(WalTx tx, int... ids) {
    List<Change> changes = new ArrayList<>();
    for (int id : ids) {
      changes.add(decoder.decode(ITEMS.insert(tx, id).message(changes.size() + 1)));
    }
    seen.next(changes, ReplayWindow.newest(changes));
  }

  @Test
  void changesAfterAllThatWasSeenAreNew() {
    next(WalTx.of(11), WalTx.of(12));
    assertThat(seen.repeated()).isZero();
    seen.committed();
    next(WalTx.of(13));
    assertThat(seen.repeated()).isZero();
  }

  @Test
  void changesUpToTheNewestThatWasSeenMayBeRepetitions() {
    next(WalTx.of(9), WalTx.of(11), WalTx.of(10), WalTx.of(12));
    assertThat(seen.repeated()).isEqualTo(3);
  }

  @Test
  void whatIsCommittedHasBeenSeen() {
    next(WalTx.of(11), WalTx.of(15));
    seen.committed();
    next(WalTx.of(15), WalTx.of(16));
    assertThat(seen.repeated()).isEqualTo(1);
  }

  @Test
  void whatIsNotCommittedCountsOnceTheProducerHasBegunAgain() {
    next(WalTx.of(11), WalTx.of(15));
    next(WalTx.of(14).at(WalTx.of(16).lsn()), WalTx.of(17));
    assertThat(seen.repeated()).isZero();
    next(WalTx.of(14), WalTx.of(15), WalTx.of(18));
    assertThat(seen.repeated()).isEqualTo(2);
  }

  @Test
  void theRestOfATransactionThatIsCommittedInPartsIsNew() {
    rows(WalTx.of(11), 1, 2);
    seen.committed();
    rows(WalTx.of(11), 3, 4);
    assertThat(seen.mayMiss().isEmpty()).isTrue();
    assertThat(seen.repeated()).isZero();
    seen.committed();
    rows(WalTx.of(11), 5);
    assertThat(seen.manners()).containsExactly(ReplayMode.USUAL);
  }

  @Test
  void unlessItBeginsAgainWithItsFirstChange() {
    rows(WalTx.of(11), 1, 2);
    seen.committed();
    rows(WalTx.of(11), 3, 1, 2, 3);
    assertThat(seen.mayMiss().stream()).containsExactly(1, 2, 3);
    seen.committed();
    rows(WalTx.of(11), 4);
    assertThat(seen.repeated()).as("nobody knows any more").isEqualTo(1);
  }

  @Test
  void norWhereItHadBegunAgainBefore() {
    rows(WalTx.of(11), 1, 2, 3, 1);
    seen.committed();
    rows(WalTx.of(11), 2, 3);
    assertThat(seen.mayMiss().cardinality()).isEqualTo(2);
  }

  @Test
  void norOfOneThatMayHaveBeenSeen() {
    rows(WalTx.of(10), 1);
    seen.committed();
    rows(WalTx.of(10), 2);
    assertThat(seen.repeated()).isEqualTo(1);
  }

  @Test
  void theProducerMayBeginAgainInTheMiddleOfABatch() {
    next(WalTx.of(11), WalTx.of(13), WalTx.of(11), WalTx.of(14));
    assertThat(seen.repeated()).isEqualTo(3);
  }

  @Test
  void isAheadOfAPositionWhoseCommitTimeIsNotTheNewest() {
    next(WalTx.of(15), WalTx.of(14));
    assertThat(seen.ahead(at(WalTx.of(14)))).isEqualTo(WalTx.of(15).committedAt());
    assertThat(seen.ahead(at(WalTx.of(15)))).isNull();
  }
}
