package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.apply.Items.ITEMS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.WalTx;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Source transactions that are larger than a batch, and are applied in parts. */
final class TransactionPartsIT {
  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  @Test
  void keepsPartsInvisibleUntilTheTransactionEnds() {
    var line = Items.line(database);
    var tx = WalTx.of(1);
    assertThat(line.applyPart(ITEMS.insert(tx, 1, "a"))).isNull();
    assertThat(database.rows("items")).isEmpty();
    assertThat(line.applyPart(ITEMS.insert(tx, 2, "b"), ITEMS.truncate(tx))).isNull();
    var applied = line.apply(ITEMS.insert(tx, 3, "c"), ITEMS.insert(WalTx.of(2), 4, "d"));
    assertThat(database.rows("items")).isEqualTo("(3,c) (4,d)");
    assertThat(applied).isEqualTo(new Applied(applied.position(), 4, 0, 0, 1));
    assertThat(line.stored().sequence()).isEqualTo(5);
    line.apply(ITEMS.insert(WalTx.of(3), 5, "e"));
    assertThat(database.rows("items")).isEqualTo("(3,c) (4,d) (5,e)");
  }

  @Test
  void partsMaySwapValuesThatADeferrableConstraintKeepsApart() {
    var line =
        Items.line(
            database, "create table items (id int primary key, v text, unique (v) deferrable)");
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"), ITEMS.insert(WalTx.of(1), 2, "b"));
    var tx = WalTx.of(2);
    line.applyPart(ITEMS.update(tx, 1, "b"));
    line.apply(ITEMS.update(tx, 2, "a"));
    assertThat(database.rows("items")).isEqualTo("(1,b) (2,a)");
  }

  @Test
  void commitsPartsWhereOnlyTheEndIsMissing() {
    var line = Items.line(database);
    line.applyPart(ITEMS.insert(WalTx.of(1), 1, "a"));
    assertThat(line.apply(line.batch(true, List.of())).inserts()).isEqualTo(1);
    assertThat(database.rows("items")).isEqualTo("(1,a)");
  }

  @Test
  void rollsBackPartsWhenClosedAndCanBeginAgain() {
    var line = Items.line(database);
    var tx = WalTx.of(1);
    line.applyPart(ITEMS.insert(tx, 1, "a"));
    line.restart();
    assertThat(database.rows("items")).isEmpty();
    assertThat(line.stored().sequence()).isZero();
    assertThat(database.value(idleInTransaction())).isEqualTo("0");
    line.apply(ITEMS.insert(tx, 1, "again"));
    assertThat(database.rows("items")).isEqualTo("(1,again)");
  }

  private static String idleInTransaction() {
    return "select count(*) from pg_stat_activity where state like 'idle in transaction%'";
  }

  @Test
  void rollsBackPartsAfterAnErrorAndIsOfNoMoreUse() {
    var line =
        Items.line(database, "create table items (id int primary key, v text check (v <> 'bad'))");
    var tx = WalTx.of(1);
    line.applyPart(ITEMS.insert(tx, 1, "a"));
    var bad = line.batch(ITEMS.insert(tx, 2, "bad"));
    assertThatThrownBy(() -> line.apply(bad)).isInstanceOf(DatabaseException.class);
    assertThat(database.rows("items")).isEmpty();
    assertThat(database.value(idleInTransaction())).isEqualTo("0");
    var next = line.batch(ITEMS.insert(tx, 3, "c"));
    assertThatThrownBy(() -> line.apply(next)).isInstanceOf(IllegalStateException.class);
  }
}
