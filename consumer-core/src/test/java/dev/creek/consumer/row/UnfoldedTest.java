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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

final class UnfoldedTest {
  private static final WalTx TX = WalTx.of(1);
  private static final TableWire KEYED =
      TableWire.of("app", "t").column("id", "int4", Flag.KEY).column("v", "text");
  private static final TableWire FULL = KEYED.identity(Identity.FULL);
  private static final TargetShape WITH_KEY =
      target(List.of("id"), notNull("id", PgType.INT4), column("v", PgType.TEXT));
  private static final TargetShape WITHOUT_KEY =
      target(List.of(), column("id", PgType.INT4), column("v", PgType.TEXT));

  private final ChangePlan keyed = ChangePlan.of(KEYED.walSchema(), WITH_KEY);
  private final ChangePlan byValue = ChangePlan.of(FULL.walSchema(), WITHOUT_KEY);

  private static List<String> steps(ChangePlan plan, TableWire table, WalBytes... messages) {
    var texts = new ArrayList<String>();
    for (Step step : plan.unfolded(changes(table, messages))) {
      texts.add(text(plan, step));
    }
    return texts;
  }

  private static String text(ChangePlan plan, Step step) {
    if (step instanceof Step.Delete delete) {
      return "delete " + rows(plan.keyColumns(), delete.key());
    }
    if (step instanceof Step.Replace replace) {
      return "replace %s by %s"
          .formatted(rows(plan.keyColumns(), replace.key()), rows(plan.columns(), replace.row()));
    }
    if (step instanceof Step.Update update) {
      return "update " + rows(plan.columns(), update.row());
    }
    return step instanceof Step.Insert insert
        ? "insert " + rows(plan.columns(), insert.rows())
        : "truncate";
  }

  @Test
  void keyedRowsAreWrittenOneByOneInSourceOrder() {
    assertThat(
            steps(
                keyed,
                KEYED,
                KEYED.insert(TX, 1, "a"),
                KEYED.insert(TX, 2, "b"),
                KEYED.update(TX, 1, "c"),
                KEYED.update(TX, Map.of("id", 2), KEYED.row(3, "d")),
                KEYED.delete(TX, Map.of("id", 1)),
                KEYED.truncate(TX)))
        .containsExactly(
            "insert [[1, a]]",
            "insert [[2, b]]",
            "update [[1, c]]",
            "replace [[2]] by [[3, d]]",
            "delete [[1]]",
            "truncate");
  }

  @Test
  void aKeyChangeThatChangesNoKeyIsAnUpdate() {
    var plan = ChangePlan.of(FULL.walSchema(), WITH_KEY);
    assertThat(
            steps(
                plan,
                FULL,
                FULL.update(TX, FULL.row(1, "a"), FULL.row(1, "b")),
                FULL.update(TX, FULL.row(1, "b"), FULL.row(2, "b"))))
        .containsExactly("update [[1, b]]", "replace [[1]] by [[2, b]]");
  }

  @Test
  void insertsWithoutAKeyRunTogether() {
    assertThat(
            steps(
                byValue,
                FULL,
                FULL.insert(TX, 1, "a"),
                FULL.insert(TX, 1, "a"),
                FULL.delete(TX, FULL.row(1, "a")),
                FULL.insert(TX, 2, null)))
        .containsExactly("insert [[1, a], [1, a]]", "delete [[1, a]]", "insert [[2, null]]");
  }

  @Test
  void runsOfInsertsAreBounded() {
    var messages = new WalBytes[UnfoldedSteps.MAX_RUN_ROWS * 2 + 1];
    for (int i = 0; i < messages.length; i++) {
      messages[i] = FULL.insert(TX, i, "v");
    }
    assertThat(byValue.unfolded(changes(FULL, messages)))
        .extracting(step -> ((Step.Insert) step).rows().rows())
        .containsExactly(UnfoldedSteps.MAX_RUN_ROWS, UnfoldedSteps.MAX_RUN_ROWS, 1);
  }

  @Test
  void anUpdateWithoutAKeyReplacesOneRow() {
    assertThat(steps(byValue, FULL, FULL.update(TX, FULL.row(1, null), FULL.row(1, "b"))))
        .containsExactly("replace [[1, null]] by [[1, b]]");
  }

  @Test
  void stepsAreMadeWhenTheyAreAskedFor() {
    var good = KEYED.insert(TX, 1, "a");
    byte[] broken = KEYED.insert(TX, 2, "b").bytes();
    broken[broken.length - 2] = 9;
    var steps = keyed.unfolded(changes(KEYED, good, new WalBytes(TX, "c", broken))).iterator();
    assertThat(text(keyed, steps.next())).isEqualTo("insert [[1, a]]");
    assertThatThrownBy(steps::next)
        .isInstanceOf(MessageException.class)
        .hasMessageStartingWith("message at sequence 2: column \"v\": ");
  }

  @Test
  void everyIteratorBeginsAnew() {
    var steps = keyed.unfolded(changes(KEYED, KEYED.insert(TX, 1, "a")));
    assertThat(steps).hasSize(1);
    assertThat(steps).hasSize(1);
    var iterator = steps.iterator();
    iterator.next();
    assertThat(iterator.hasNext()).isFalse();
    assertThatThrownBy(iterator::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void aNullInTheKeyStopsTheTable() {
    var plan = ChangePlan.of(FULL.walSchema(), WITH_KEY);
    var steps = plan.unfolded(changes(FULL, FULL.delete(TX, FULL.row(null, "a")))).iterator();
    assertThatThrownBy(steps::next)
        .isInstanceOf(ShapeMismatchException.class)
        .hasMessageContaining("sequence 1");
  }

  @Test
  void deletesOfRowsThatNothingIdentifiesAreAnError() {
    var none = KEYED.identity(Identity.NONE);
    var plan = ChangePlan.of(none.walSchema(), WITHOUT_KEY);
    // No producer writes this; the bytes say so: an update, of a table that only has inserts.
    var insert = none.insert(TX, 1, "a");
    byte[] update = insert.bytes().clone();
    update[operationAt(none)] = 2;
    var steps = plan.unfolded(changes(none, new WalBytes(TX, "u", update))).iterator();
    assertThatThrownBy(steps::next)
        .isInstanceOf(MessageException.class)
        .hasMessage("message at sequence 1: UPDATE without a usable before image");
  }

  /** Where a message's operation lies: the first byte in which an insert and a truncate differ. */
  private static int operationAt(TableWire table) {
    return java.util.Arrays.mismatch(table.insert(TX, 1, "a").bytes(), table.truncate(TX).bytes());
  }
}
