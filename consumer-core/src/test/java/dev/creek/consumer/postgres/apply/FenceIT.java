package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.postgres.apply.Items.ITEMS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.TableState;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.stream.FencedException;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Claims of a table: an instance whose claim is over writes nothing. */
final class FenceIT {
  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  @Test
  void writesNothingOnceAnotherHasClaimed() {
    var zombie = Items.line(database);
    zombie.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    var position = zombie.stored();
    var owner = await(database.target().tables().claim(zombie.mapping));
    assertThat(owner.epoch()).isGreaterThan(zombie.claim().epoch());
    assertThat(owner.position()).isEqualTo(position);
    var late =
        zombie.batch(ITEMS.insert(WalTx.of(2), 2, "b"), ITEMS.delete(WalTx.of(2), Map.of("id", 1)));
    assertThatThrownBy(() -> zombie.apply(late)).isInstanceOf(FencedException.class);
    assertThat(database.rows("items")).isEqualTo("(1,a)");
    assertThat(zombie.stored()).isEqualTo(position);
  }

  /** Commits do not wait for the disk, and a table that is idle does not notice a crash. */
  @Test
  void writesNothingBehindCommitsThatACrashTookBack() {
    var line = Items.line(database);
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    var before = line.stored();
    line.apply(ITEMS.insert(WalTx.of(2), 2, "b"));
    database.execute(
        "delete from items where id = 2",
        "update _creek_consumer.subscriptions set stream_seq = " + before.sequence());
    var behind = line.batch(ITEMS.insert(WalTx.of(3), 3, "c"));
    assertThatThrownBy(() -> line.apply(behind)).isInstanceOf(FencedException.class);
    assertThat(database.rows("items")).isEqualTo("(1,a)");
    assertThat(line.stored().sequence()).isEqualTo(before.sequence());
    assertThat(await(database.target().tables().claim(line.mapping)).position().sequence())
        .isEqualTo(before.sequence());
  }

  @Test
  void fencesPartsOfATransactionTruncateAndTablesWithoutAKey() {
    var wire = ITEMS.identity(Identity.FULL);
    database.execute("create table items (id int, v text)", "insert into items values (7, 'x')");
    var tx = WalTx.of(1);
    for (List<WalBytes> messages :
        List.of(
            List.of(wire.insert(tx, 1, "a")),
            List.of(wire.truncate(tx)),
            List.of(wire.delete(tx, Map.of("id", 7, "v", "x"))),
            List.of(wire.insert(tx, 1, "a"), wire.truncate(tx)))) {
      for (boolean ends : new boolean[] {true, false}) {
        var zombie = database.line(wire);
        await(database.target().tables().claim(zombie.mapping));
        var batch = zombie.batch(ends, messages);
        assertThatThrownBy(() -> zombie.apply(batch)).isInstanceOf(FencedException.class);
      }
    }
    assertThat(database.rows("items")).isEqualTo("(7,x)");
  }

  @Test
  void waitsWithTheClaimUntilTheOpenTransactionHasEnded() {
    var line = Items.line(database);
    line.applyPart(ITEMS.insert(WalTx.of(1), 1, "a"));
    var claiming = database.target().tables().claim(line.mapping).toFuture();
    Awaitility.await()
        .until(
            () ->
                database
                    .value("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
                    .equals("1"));
    assertThat(claiming).isNotDone();
    line.apply(ITEMS.insert(WalTx.of(1), 2, "b"));
    assertThat(await(Mono.fromFuture(claiming)).position().sequence()).isEqualTo(2);
  }

  @Test
  void isNotFencedByReportsOfItsOwnState() {
    var line = Items.line(database);
    var reports =
        Flux.range(0, 300)
            .concatMap(
                n ->
                    database
                        .target()
                        .tables()
                        .report(
                            line.claim(), new TableState(TableState.Name.STREAMING, "n" + n, null)))
            .all(reported -> reported)
            .toFuture();
    for (int i = 0; i < 200; i++) {
      line.apply(ITEMS.insert(WalTx.of(i), i, "x"), ITEMS.delete(WalTx.of(i), Map.of("id", i - 1)));
    }
    assertThat(await(Mono.fromFuture(reports))).isTrue();
    assertThat(database.rows("items")).isEqualTo("(199,x)");
    assertThat(line.stored().sequence()).isEqualTo(400);
  }

  @Test
  void claimsOnlyActiveSubscriptionsOfThatSource() {
    var line = Items.line(database);
    assertThat(
            await(
                database
                    .target()
                    .tables()
                    .report(line.claim(), new TableState(TableState.Name.GAP, "r", "h"))))
        .isTrue();
    var shown = await(database.target().subscriptions().all()).get(0).state();
    assertThat(shown).isEqualTo(new TableState(TableState.Name.GAP, "r", "h"));
    await(database.target().subscriptions().deactivate(line.mapping.target()));
    assertThat(await(database.target().tables().claim(line.mapping))).isNull();
    assertThat(await(database.target().tables().report(line.claim(), shown))).isFalse();
    var late = line.batch(ITEMS.insert(WalTx.of(1), 1, "a"));
    assertThatThrownBy(() -> line.apply(late)).isInstanceOf(FencedException.class);
  }
}
