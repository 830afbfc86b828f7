package dev.creek.consumer.row;

import static dev.creek.consumer.row.Targets.changes;
import static dev.creek.consumer.row.Targets.column;
import static dev.creek.consumer.row.Targets.notNull;
import static dev.creek.consumer.row.Targets.rows;
import static dev.creek.consumer.row.Targets.target;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.Change;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class FoldTest {
  private static final WalTx TX = WalTx.of(1);
  private static final TableWire TABLE =
      TableWire.of("app", "t").column("id", "int4", Flag.KEY).column("v", "text");
  private static final TargetShape TARGET =
      target(List.of("id"), notNull("id", PgType.INT4), column("v", PgType.TEXT));

  private final ChangePlan plan = ChangePlan.of(TABLE.walSchema(), TARGET);

  private FoldedChanges fold(WalBytes... messages) {
    return plan.fold(changes(TABLE, messages));
  }

  private List<List<String>> inserts(FoldedChanges folded) {
    return rows(plan.columns(), folded.inserts());
  }

  private List<List<String>> updates(FoldedChanges folded) {
    return rows(plan.columns(), folded.updates());
  }

  /** Key as it was, then the row. */
  private List<List<String>> moves(FoldedChanges folded) {
    return moves(plan, folded);
  }

  static List<List<String>> moves(ChangePlan plan, FoldedChanges folded) {
    return rows(
        Stream.concat(plan.keyColumns().stream(), plan.columns().stream()).toList(),
        folded.moves());
  }

  private List<List<String>> vacated(FoldedChanges folded) {
    return rows(plan.keyColumns(), folded.vacated());
  }

  private List<List<String>> deletes(FoldedChanges folded) {
    return rows(plan.keyColumns(), folded.deletes());
  }

  private static WalBytes keyChange(int before, int after, String v) {
    return TABLE.update(TX, Map.of("id", before), TABLE.row(after, v));
  }

  private static WalBytes delete(int id) {
    return TABLE.delete(TX, Map.of("id", id));
  }

  @Test
  void lastChangeOfAKeyWins() {
    var folded = fold(TABLE.insert(TX, 1, "a"), TABLE.update(TX, 1, "b"), TABLE.update(TX, 1, "c"));
    assertThat(inserts(folded)).containsExactly(List.of("1", "c"));
    assertThat(folded.deletes()).isEqualTo(RowColumns.EMPTY);
    assertThat(folded.truncate()).isFalse();
  }

  @Test
  void survivorsKeepTheOrderOfTheirLastChange() {
    var folded =
        fold(
            TABLE.insert(TX, 1, "a"),
            TABLE.insert(TX, 2, "b"),
            TABLE.update(TX, 4, "d"),
            TABLE.insert(TX, 3, "c"),
            TABLE.update(TX, 1, "d"));
    assertThat(inserts(folded))
        .containsExactly(List.of("2", "b"), List.of("3", "c"), List.of("1", "d"));
    assertThat(updates(folded)).containsExactly(List.of("4", "d"));
  }

  @Test
  void deletesEvenWhatTheBatchInserted() {
    var folded = fold(TABLE.insert(TX, 1, "a"), delete(1), delete(2));
    assertThat(deletes(folded)).containsExactly(List.of("2"));
    assertThat(vacated(folded)).containsExactly(List.of("1"));
    assertThat(folded.inserts()).isEqualTo(RowColumns.EMPTY);
  }

  @Test
  void rowsAreFreshOnlyIfTheBatchBeganWithInsertingThem() {
    assertThat(fold(TABLE.insert(TX, 1, "a"), TABLE.update(TX, 1, "b")).fresh()).isTrue();
    assertThat(fold(TABLE.insert(TX, 1, "a"), delete(1), TABLE.insert(TX, 1, "b")).fresh())
        .isTrue();
    assertThat(fold(delete(1), TABLE.insert(TX, 1, "a")).fresh()).isFalse();
    assertThat(fold(TABLE.insert(TX, 1, "a"), TABLE.update(TX, 2, "b")).fresh()).isFalse();
    assertThat(fold(TABLE.insert(TX, 1, "a"), keyChange(2, 3, "b")).fresh()).isFalse();
    assertThat(fold(delete(1), TABLE.truncate(TX), TABLE.insert(TX, 1, "a")).fresh()).isTrue();
  }

  @Test
  void insertsAgainWhatTheBatchDeleted() {
    var folded = fold(delete(1), TABLE.insert(TX, 1, "again"));
    assertThat(deletes(folded)).isEmpty();
    assertThat(updates(folded)).containsExactly(List.of("1", "again"));
  }

  @Test
  void aKeyChangeMovesTheRow() {
    var folded = fold(keyChange(1, 2, "moved"));
    assertThat(moves(folded)).containsExactly(List.of("1", "2", "moved"));
    assertThat(folded.fresh()).isFalse();
    assertThat(deletes(folded)).isEmpty();
    assertThat(vacated(folded)).isEmpty();
  }

  @Test
  void aRowThatMovesSeveralTimesMovesOnceFromWhereItWas() {
    var folded =
        fold(
            keyChange(1, 2, "a"),
            TABLE.update(TX, 2, "b"),
            keyChange(2, 3, "c"),
            TABLE.update(TX, 3, "d"));
    assertThat(moves(folded)).containsExactly(List.of("1", "3", "d"));
    assertThat(vacated(folded)).containsExactly(List.of("2"));
    assertThat(fold(keyChange(1, 2, "a"), keyChange(2, 1, "b")).moves().rows()).isZero();
    assertThat(updates(fold(keyChange(1, 2, "a"), keyChange(2, 1, "b"))))
        .containsExactly(List.of("1", "b"));
  }

  @Test
  void aRowThatMovesAwayAndIsDeletedIsDeletedWhereItWas() {
    var folded = fold(keyChange(1, 2, "a"), delete(2));
    assertThat(deletes(folded)).containsExactly(List.of("1"));
    assertThat(vacated(folded)).containsExactly(List.of("2"));
    assertThat(moves(folded)).isEmpty();
  }

  @Test
  void aRowThatTheBatchInsertedIsInsertedUnderItsLastKey() {
    var folded = fold(TABLE.insert(TX, 1, "a"), keyChange(1, 2, "b"));
    assertThat(inserts(folded)).containsExactly(List.of("2", "b"));
    assertThat(vacated(folded)).containsExactly(List.of("1"));
    assertThat(folded.fresh()).isTrue();
  }

  @Test
  void aKeyThatARowLeftMayBeTakenByAnother() {
    var inserted = fold(keyChange(1, 2, "a"), TABLE.insert(TX, 1, "b"));
    assertThat(moves(inserted)).containsExactly(List.of("1", "2", "a"));
    assertThat(inserts(inserted)).containsExactly(List.of("1", "b"));
    var deleted = fold(delete(2), keyChange(1, 2, "a"));
    assertThat(deletes(deleted)).containsExactly(List.of("2"));
    assertThat(moves(deleted)).containsExactly(List.of("1", "2", "a"));
  }

  @Test
  void swappedKeysAreTwoMoves() {
    var folded = fold(keyChange(1, -1, "a"), keyChange(2, 1, "b"), keyChange(-1, 2, "a"));
    assertThat(moves(folded)).containsExactly(List.of("2", "1", "b"), List.of("1", "2", "a"));
    assertThat(vacated(folded)).containsExactly(List.of("-1"));
  }

  @Test
  void changesThatContradictEachOtherAreLeftInTheirOrder() {
    assertThat(fold(keyChange(1, 2, "a"), keyChange(1, 3, "b")).ordered()).isTrue();
    assertThat(fold(keyChange(1, 2, "a"), delete(1)).ordered()).isTrue();
    assertThat(fold(keyChange(1, 2, "a"), TABLE.update(TX, 1, "b")).ordered()).isTrue();
    assertThat(fold(TABLE.insert(TX, 2, "b"), keyChange(1, 2, "a")).ordered()).isTrue();
    assertThat(fold(keyChange(1, 2, "a"), TABLE.insert(TX, 2, "b")).ordered()).isTrue();
  }

  /** As those of a partition whose identity is its key, though its parent's is FULL. */
  @Test
  void imagesOfKeysAloneAreFollowedAsWholeOnesAre() {
    var full = TABLE.identity(Identity.FULL);
    var fullPlan = ChangePlan.of(full.walSchema(), TARGET);
    for (var v : Arrays.asList("a", null)) {
      var folded =
          fullPlan.fold(
              changes(
                  full,
                  full.update(TX, full.row(1, v), full.row(2, "a")),
                  full.update(TX, full.row(2, v), full.row(3, "b"))));
      assertThat(moves(fullPlan, folded)).containsExactly(List.of("1", "3", "b"));
    }
  }

  @Test
  void rowsWhoseIdentityNobodyMayUpdateGoAndComeAgain() {
    var always =
        ChangePlan.of(
            TABLE.walSchema(),
            target(
                List.of("id"),
                new TargetColumn("id", PgType.INT4.oid(), "int4", true, true, false, true),
                column("v", PgType.TEXT)));
    var folded = always.fold(changes(TABLE, keyChange(1, 2, "a"), keyChange(3, 1, "b")));
    assertThat(rows(always.keyColumns(), folded.deletes())).containsExactly(List.of("3"));
    assertThat(rows(always.columns(), folded.updates())).containsExactly(List.of("1", "b"));
    assertThat(rows(always.columns(), folded.inserts())).containsExactly(List.of("2", "a"));
  }

  @Test
  void truncateForgetsWhatCameBefore() {
    var folded =
        fold(
            TABLE.insert(TX, 1, "a"),
            delete(2),
            TABLE.truncate(TX),
            TABLE.insert(TX, 3, "c"),
            delete(1));
    assertThat(folded.truncate()).isTrue();
    assertThat(deletes(folded)).isEmpty();
    assertThat(inserts(folded)).containsExactly(List.of("3", "c"));
  }

  @Test
  void truncateAloneWritesNothing() {
    assertThat(fold(TABLE.truncate(TX))).isEqualTo(nothing(true));
  }

  @Test
  void anEmptyBatchFoldsToNothing() {
    assertThat(fold()).isEqualTo(nothing(false));
  }

  private static BitSet bits(int... numbers) {
    var bits = new BitSet();
    Arrays.stream(numbers).forEach(bits::set);
    return bits;
  }

  @Test
  void tellsTheChangesOfUpdatedRowsFromOthers() {
    WalBytes[] messages = {
      TABLE.update(TX, 1, "a"),
      TABLE.insert(TX, 2, "b"),
      TABLE.update(TX, 3, "c"),
      delete(4),
      TABLE.update(TX, 1, "d"),
      delete(5),
      TABLE.insert(TX, 5, "e"),
      TABLE.update(TX, 2, "f"),
    };
    var folded = fold(messages);
    assertThat(updates(folded))
        .containsExactly(List.of("3", "c"), List.of("1", "d"), List.of("5", "e"));
    assertThat(others(folded, bits(), messages)).containsExactly(2L, 4L, 8L);
    assertThat(others(folded, bits(1), messages)).containsExactly(1L, 2L, 4L, 5L, 8L);
    assertThat(others(folded, bits(0, 2), messages)).containsExactly(2L, 3L, 4L, 6L, 7L, 8L);
  }

  /** Their sequences, which count from 1. */
  private static List<Long> others(FoldedChanges folded, BitSet left, WalBytes... messages) {
    return Objects.requireNonNull(folded.updated()).without(changes(TABLE, messages), left).stream()
        .map(Change::sequence)
        .toList();
  }

  @Test
  void doesNotTellTheChangesOfRowsWhereAKeyIsLeft() {
    assertThat(fold(keyChange(1, 2, "a"), delete(2), TABLE.insert(TX, 1, "b")).updated()).isNull();
    assertThat(fold(TABLE.truncate(TX), TABLE.update(TX, 1, "a")).updated()).isNull();
    assertThat(fold(TABLE.insert(TX, 1, "a")).updated()).isNull();
  }

  private static FoldedChanges nothing(boolean truncate) {
    RowColumns none = RowColumns.EMPTY;
    return new FoldedChanges(false, truncate, none, none, none, none, none, null, null);
  }

  @Test
  void nothingOfABatchIsLeftInTheNext() {
    fold(TABLE.insert(TX, 1, "a"), delete(2), TABLE.insert(TX, 3, null));
    var folded = fold(TABLE.insert(TX, 2, "b"));
    assertThat(deletes(folded)).isEmpty();
    assertThat(inserts(folded)).containsExactly(List.of("2", "b"));
    assertThat(folded.inserts().columns()).noneMatch(ValueColumn::hasNull);
  }

  @Test
  void columnsKnowWhetherTheyHoldNull() {
    var folded = fold(TABLE.insert(TX, 1, "a"), TABLE.insert(TX, 2, null));
    assertThat(folded.inserts().columns())
        .extracting(ValueColumn::hasNull)
        .containsExactly(false, true);
    assertThat(folded.inserts().columns()).extracting(ValueColumn::count).containsOnly(2);
  }

  @Test
  void fullIdentityIsAnUpdateWhereKeysAreEqual() {
    var full = TABLE.identity(Identity.FULL);
    var fullPlan = ChangePlan.of(full.walSchema(), TARGET);
    var folded =
        fullPlan.fold(
            changes(
                full,
                full.update(TX, full.row(1, "a"), full.row(1, "b")),
                full.update(TX, full.row(2, "a"), full.row(3, "b"))));
    assertThat(rows(fullPlan.columns(), folded.updates())).containsExactly(List.of("1", "b"));
    assertThat(moves(fullPlan, folded)).containsExactly(List.of("2", "3", "b"));
  }

  @Test
  void insertsFoldWithoutAnyBeforeImage() {
    var inserts = TABLE.identity(Identity.NONE);
    var insertPlan = ChangePlan.of(inserts.walSchema(), TARGET);
    var folded =
        insertPlan.fold(changes(inserts, inserts.insert(TX, 1, "a"), inserts.insert(TX, 1, "b")));
    assertThat(rows(insertPlan.columns(), folded.inserts())).containsExactly(List.of("1", "b"));
  }

  @Test
  void compositeKeysAreReadFromAnywhereInARow() {
    var table =
        TableWire.of("app", "t")
            .column("v", "text[]")
            .column("b", "text", Flag.KEY)
            .column("w", "numeric(10,2)")
            .column("a", "int8", Flag.KEY);
    var target =
        target(
            List.of("a", "b"),
            notNull("a", PgType.INT8),
            notNull("b", PgType.TEXT),
            column("v", PgType.TEXT.arrayOid(), "text[]"),
            column("w", PgType.NUMERIC));
    var plan = ChangePlan.of(table.walSchema(), target);
    var folded =
        plan.fold(
            changes(
                table,
                table.insert(TX, List.of("x"), "k", "1.5", 1),
                table.insert(TX, List.of(), "k", null, 2),
                table.delete(TX, Map.of("a", 1, "b", "k")),
                table.update(TX, null, "k", "2.5", 2)));
    assertThat(plan.keyColumns()).extracting(PlanColumn::name).containsExactly("b", "a");
    assertThat(rows(plan.keyColumns(), folded.vacated())).containsExactly(List.of("k", "1"));
    assertThat(folded.inserts().rows()).isEqualTo(1);
  }

  @Test
  void keysThatOneWouldConfuseStayApart() {
    var table =
        TableWire.of("app", "t").column("a", "text", Flag.KEY).column("b", "text", Flag.KEY);
    var plan =
        ChangePlan.of(
            table.walSchema(),
            target(List.of("a", "b"), notNull("a", PgType.TEXT), notNull("b", PgType.TEXT)));
    var folded =
        plan.fold(
            changes(
                table,
                table.insert(TX, "ab", "c"),
                table.insert(TX, "a", "bc"),
                table.insert(TX, "", "abc"),
                table.insert(TX, "abc", "")));
    assertThat(folded.inserts().rows()).isEqualTo(4);
  }

  @Test
  void blanksDoNotTellCharKeysApart() {
    var table = TableWire.of("app", "t").column("k", "bpchar", Flag.KEY).column("v", "text");
    var plan =
        ChangePlan.of(
            table.walSchema(),
            target(List.of("k"), notNull("k", PgType.BPCHAR), column("v", PgType.TEXT)));
    // The source's char(2) became char(4) in between: same fingerprint, other padding.
    var folded =
        plan.fold(
            changes(table, table.insert(TX, "a ", "old"), table.delete(TX, Map.of("k", "a   "))));
    assertThat(folded.inserts().rows()).isZero();
    assertThat(rows(plan.keyColumns(), folded.vacated())).containsExactly(List.of("a"));
  }

  @ParameterizedTest
  @EnumSource(names = {"INDEX", "FULL"})
  void aNullInTheKeyStopsTheTable(Identity identity) {
    var table =
        TableWire.of("app", "t")
            .column("id", "int4", Flag.INDEX)
            .column("v", "text")
            .identity(identity);
    var plan = ChangePlan.of(table.walSchema(), TARGET);
    var changes = changes(table, table.insert(TX, 1, "a"), table.insert(TX, null, "b"));
    assertThatThrownBy(() -> plan.fold(changes))
        .isInstanceOf(ShapeMismatchException.class)
        .hasMessage(
            "message at sequence 2: column \"id\" is NULL, and the rows of \"t\".\"t\" are found"
                + " by it")
        .extracting(e -> ((ShapeMismatchException) e).hint())
        .asString()
        .contains("primary key");
    assertThat(plan.fold(changes.subList(0, 1)).inserts().rows()).isEqualTo(1);
  }

  @Test
  void manyKeysFold() {
    var messages = new WalBytes[3000];
    for (int i = 0; i < messages.length; i++) {
      messages[i] = i % 3 == 2 ? delete(i - 1) : TABLE.insert(TX, i, "v" + i);
    }
    var folded = fold(messages);
    assertThat(folded.inserts().rows()).isEqualTo(1000);
    assertThat(folded.vacated().rows()).isEqualTo(1000);
  }

  @Test
  void errorsNameSequenceAndColumnButNoValue() {
    var table = TABLE.column("n", "int4").column("d", "date");
    var plan =
        ChangePlan.of(
            table.walSchema(),
            target(
                List.of("id"),
                notNull("id", PgType.INT4),
                column("v", PgType.TEXT),
                column("n", PgType.INT2),
                column("d", PgType.DATE)));
    var changes =
        changes(table, table.insert(TX, 1, "a", 1, null), table.insert(TX, 2, "b", 40_000, null));
    assertThatThrownBy(() -> plan.fold(changes))
        .isInstanceOf(ShapeMismatchException.class)
        .hasMessageStartingWith("message at sequence 2: column \"n\" of ")
        .hasMessageNotContaining("40");
    var late = changes(table, table.insert(TX, 1, "a", 1, Integer.MAX_VALUE));
    assertThatThrownBy(() -> plan.fold(late))
        .hasMessage("message at sequence 1: column \"d\": out of range for date");
  }

  @Test
  void bytesBehindARowAreAnError() {
    var message = TABLE.insert(TX, 1, "a");
    byte[] longer = java.util.Arrays.copyOf(message.bytes(), message.bytes().length + 1);
    var changes = changes(TABLE, new WalBytes(TX, "c", longer));
    assertThatThrownBy(() -> plan.fold(changes))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining("sequence 1");
  }

  @Test
  void changesOfAnotherSchemaAreRefused() {
    var other = TABLE.column("w", "text");
    var changes = changes(other, other.insert(TX, 1, "a", "b"));
    assertThatThrownBy(() -> plan.fold(changes)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> plan.unfolded(changes)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anEqualSchemaReadAgainIsTheSame() {
    var changes = changes(TABLE.walSchema(), List.of(TABLE.insert(TX, 1, "a")));
    assertThat(plan.fold(changes).inserts().rows()).isEqualTo(1);
  }

  @Test
  void rowsWithoutAKeyCannotBeFolded() {
    var table = TABLE.identity(Identity.FULL);
    var noKey =
        ChangePlan.of(
            table.walSchema(),
            target(List.of(), column("id", PgType.INT4), column("v", PgType.TEXT)));
    assertThatThrownBy(() -> noKey.fold(List.of())).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void copiesBatchesOfEnoughNewRowsAndNothingElse() {
    var one = TABLE.insert(TX, 1, "a");
    var two = TABLE.insert(TX, 2, "b");
    assertThat(copied(2, one, two)).isEqualTo(2);
    assertThat(copied(2, one, two, TABLE.update(TX, 2, "c"))).isEqualTo(2);
    assertThat(copied(3, one, two)).isNull();
    assertThat(copied(2, one, TABLE.update(TX, 2, "c"))).isNull();
    assertThat(copied(2, one, two, delete(3))).isNull();
    assertThat(copied(2, TABLE.truncate(TX), one, two)).isNull();
  }

  private @Nullable Integer copied(int from, WalBytes... messages) {
    var folded = plan.fold(changes(TABLE, messages), from);
    assertThat(folded.copied() == null).isEqualTo(folded.inserts().rows() > 0);
    return folded.copied() == null ? null : folded.copied().rows();
  }

  @Test
  void copiesNothingThatOnlyPostgresqlCanCast() {
    var moods = target(List.of("id"), notNull("id", PgType.INT4), column("v", 99_999, "app.mood"));
    var plan = ChangePlan.of(TABLE.walSchema(), moods);
    var folded = plan.fold(changes(TABLE, TABLE.insert(TX, 1, "calm")), 1);
    assertThat(folded.copied()).isNull();
    assertThat(folded.inserts().rows()).isEqualTo(1);
  }
}
