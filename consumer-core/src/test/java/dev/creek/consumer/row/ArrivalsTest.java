package dev.creek.consumer.row;

import static dev.creek.consumer.row.Targets.changes;
import static dev.creek.consumer.row.Targets.column;
import static dev.creek.consumer.row.Targets.notNull;
import static dev.creek.consumer.row.Targets.rows;
import static dev.creek.consumer.row.Targets.target;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A source with REPLICA IDENTITY FULL, and a target with a primary key of one of its columns. */
final class ArrivalsTest {
  private static final WalTx TX = WalTx.of(1);
  private static final TableWire TABLE =
      TableWire.of("app", "t").column("id", "int4").column("v", "text").identity(Identity.FULL);

  private final ChangePlan plan =
      ChangePlan.of(
          TABLE.walSchema(),
          target(List.of("id"), notNull("id", PgType.INT4), column("v", PgType.TEXT)));

  private static Map<String, Object> row(int id, String v) {
    return TABLE.row(id, v);
  }

  private static WalBytes update(int from, int to) {
    return TABLE.update(TX, row(from, "a"), row(to, "b"));
  }

  private List<List<String>> arrivals(WalBytes... messages) {
    return rows(plan.keyColumns(), plan.arrivals(changes(TABLE, messages)));
  }

  @Test
  void insertsAndChangesOfKeyBringRowsThatMustNotBeThere() {
    assertThat(arrivals(TABLE.insert(TX, 1, "a"), update(2, 3), update(4, 4)))
        .containsExactly(List.of("1"), List.of("3"));
  }

  @Test
  void rowsThatLeaveAgainMustNotHaveBeenThereEither() {
    assertThat(arrivals(TABLE.insert(TX, 1, "a"), TABLE.delete(TX, row(1, "a"))))
        .containsExactly(List.of("1"));
  }

  @Test
  void aKeyThatWasLeftMayBeTakenAgain() {
    assertThat(arrivals(TABLE.delete(TX, row(1, "a")), TABLE.insert(TX, 1, "b"))).isEmpty();
    assertThat(arrivals(update(1, 2), update(2, 1))).containsExactly(List.of("2"));
    assertThat(arrivals(update(1, 9), update(2, 1), update(9, 2))).containsExactly(List.of("9"));
  }

  @Test
  void behindATruncateNoRowIsThere() {
    assertThat(arrivals(TABLE.insert(TX, 1, "a"), TABLE.truncate(TX), TABLE.insert(TX, 1, "b")))
        .isEmpty();
  }

  @Test
  void aSecondRowOfAKeyIsACollision() {
    for (WalBytes first : List.of(TABLE.insert(TX, 1, "a"), update(1, 1), update(7, 1))) {
      for (WalBytes second : List.of(TABLE.insert(TX, 1, "b"), update(2, 1))) {
        assertThatThrownBy(() -> arrivals(first, second))
            .isInstanceOfSatisfying(
                ShapeMismatchException.class,
                e -> {
                  assertThat(e).hasMessageContaining("sequence 2").hasMessageContaining("\"id\"");
                  assertThat(e.hint()).contains("DROP CONSTRAINT \"t_pkey\"");
                });
      }
    }
  }
}
