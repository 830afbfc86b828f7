package dev.creek.consumer.row;

import static dev.creek.consumer.row.Targets.changes;
import static dev.creek.consumer.row.Targets.column;
import static dev.creek.consumer.row.Targets.notNull;
import static dev.creek.consumer.row.Targets.rows;
import static dev.creek.consumer.row.Targets.target;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.Change;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class EntangledRowsTest {
  private static final WalTx TX = WalTx.of(1);
  private static final TableWire TABLE =
      TableWire.of("app", "t")
          .column("id", "int4", Flag.KEY)
          .column("slot", "int4")
          .column("v", "text");
  private static final TargetShape TARGET =
      target(
          List.of("id"),
          notNull("id", PgType.INT4),
          column("slot", PgType.INT4),
          column("v", PgType.TEXT));

  private final ChangePlan plan = ChangePlan.of(TABLE.walSchema(), TARGET);

  private EntangledRows entangled(WalBytes... messages) {
    return plan.entangled(changes(TABLE, messages));
  }

  /** The sequences of the changes of each round; they count from 1. */
  private static List<List<Long>> rounds(EntangledRows rows) {
    return rows.rounds().stream()
        .map(round -> round.stream().map(Change::sequence).toList())
        .toList();
  }

  private static WalBytes update(int id, int slot) {
    return TABLE.update(TX, id, slot, "v");
  }

  private static WalBytes move(int from, int to) {
    return TABLE.update(TX, Map.of("id", from), TABLE.row(to, 0, "v"));
  }

  private static WalBytes delete(int id) {
    return TABLE.delete(TX, Map.of("id", id));
  }

  @Test
  void rowsThatShareNothingAreOneRound() {
    var rows = entangled(update(1, 1), update(2, 2), update(1, 3), delete(2));
    assertThat(rounds(rows)).containsExactly(List.of(1L, 2L, 3L, 4L));
  }

  @Test
  void eachSetOfEntangledRowsKeepsItsOrder() {
    var rows =
        entangled(update(1, -1), update(9, 9), update(2, 1), update(1, 2), update(3, 5), delete(4));
    // Keys in the order in which they come: 1, 9, 2, 3, 4
    rows.entangle(0, 2);
    rows.entangle(4, 3);
    assertThat(rounds(rows)).containsExactly(List.of(1L, 2L, 5L), List.of(3L, 6L), List.of(4L));
  }

  @Test
  void setsThatShareARowAreOne() {
    var rows = entangled(update(1, 1), update(2, 2), update(3, 3), update(4, 4));
    rows.entangle(0, 1);
    rows.entangle(2, 3);
    rows.entangle(3, 0);
    assertThat(rounds(rows)).containsExactly(List.of(1L), List.of(2L), List.of(3L), List.of(4L));
  }

  @Test
  void changesOfOneRowThatFollowEachOtherStayTogether() {
    var rows = entangled(update(1, 1), update(1, 2), update(2, 1), delete(2), update(1, 4));
    rows.entangle(0, 1);
    assertThat(rounds(rows)).containsExactly(List.of(1L, 2L), List.of(3L, 4L), List.of(5L));
  }

  @Test
  void keysThatRowsLeaveAndTakeEntangleThem() {
    var rows = entangled(move(1, -1), update(5, 5), move(2, 1), move(-1, 2), move(7, 8));
    assertThat(rounds(rows)).containsExactly(List.of(1L, 2L, 5L), List.of(3L), List.of(4L));
  }

  @Test
  void anUpdateThatNamesItsKeyTwiceMovesNothing() {
    var rows = entangled(move(1, 1), move(1, 1), update(2, 0));
    assertThat(rounds(rows)).containsExactly(List.of(1L, 2L, 3L));
  }

  private List<List<String>> written(EntangledRows rows, String... columns) {
    List<PlanColumn> all =
        Stream.of(
                Stream.of(new PlanColumn("number", PgType.INT4, null)),
                plan.keyColumns().stream(),
                plan.columns(Set.of(columns)).stream())
            .flatMap(Function.identity())
            .toList();
    return rows(all, rows.written(Set.of(columns)));
  }

  @Test
  void tellsTheValuesThatARowGetsOnce() {
    var rows =
        entangled(
            update(7, 1), TABLE.update(TX, 7, 1, "other"), update(8, 1), delete(8), update(7, 2));
    assertThat(written(rows, "slot"))
        .containsExactly(List.of("0", "7", "1"), List.of("1", "8", "1"), List.of("0", "7", "2"));
  }

  @Test
  void tellsTheKeysThatRowsLeave() {
    assertThat(written(entangled(update(7, 1), move(3, 4)), "slot"))
        .containsExactly(
            List.of("0", "7", "1"), Arrays.asList("1", "3", null), List.of("2", "4", "0"));
  }

  @Test
  void takesNullsAsTheyAre() {
    var rows = entangled(TABLE.insert(TX, 1, null, "v"), TABLE.insert(TX, 2, 5, null));
    assertThat(written(rows, "v", "slot"))
        .containsExactly(Arrays.asList("0", "1", null, "v"), Arrays.asList("1", "2", "5", null));
  }

  @Test
  void doesNotTakeATruncate() {
    assertThatThrownBy(() -> entangled(update(1, 1), TABLE.truncate(TX)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
