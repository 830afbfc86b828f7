package dev.creek.consumer.postgres.control;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.StartFrom;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.control.CommandLog;
import dev.creek.consumer.control.CommandLog.Pending;
import dev.creek.consumer.control.CommandText;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.TargetDatabase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The command log on a real server: who gets what when, and what becomes of a crash. */
final class CommandTableIT {
  private static final Mapping ORDERS = Mapping.parse("shop.app.orders:public.\"my orders\"");
  private static final Mapping ITEMS = Mapping.parse("shop.app.items:public.items");

  @RegisterExtension static final TargetDatabase database = TargetDatabase.shared();

  private PostgresTarget one;
  private PostgresTarget two;
  private CommandLog log;
  private CommandLog other;

  @BeforeEach
  void connect() {
    one = database.target();
    two = database.connect(DatabaseOptions.of(database.uri()));
    log = one.commands();
    other = two.commands();
  }

  @Test
  void keepsEveryKindOfCommand() {
    List<Command> all =
        List.of(
            new Command.CreateSchema(ORDERS),
            new Command.AddTable(ORDERS),
            new Command.AddTableFrom(ORDERS, StartFrom.NOW),
            new Command.AddTableFrom(ORDERS, StartFrom.parse("2026-11-29T16:00:00.000001+01:00")),
            new Command.TakeSnapshot(ORDERS, SnapshotMode.CLEAN),
            new Command.ApplySnapshot("CREEK.shop.snap.app.orders.1", ORDERS, SnapshotMode.UPSERT),
            new Command.Resync(ORDERS),
            new Command.ResumeTable(ORDERS.target()),
            new Command.SkipChange(ORDERS.target(), 4711),
            new Command.RemoveTable(ORDERS.target()));
    for (Command command : all) {
      long id = await(log.submit(command));
      assertThat(await(log.find(id)).command()).isEqualTo(CommandText.format(command));
      assertThat(await(log.next(ORDERS.target())).command()).isEqualTo(command);
      await(log.take(id));
      await(log.finish(id, "ok", null, null));
    }
    assertThat(await(log.newest(3))).extracting(CommandRecord::id).containsExactly(10L, 9L, 8L);
    assertThat(await(log.find(99))).isNull();
  }

  @Test
  void offersTheFirstOfEachTarget() {
    await(log.submit(new Command.AddTable(ORDERS)));
    await(log.submit(new Command.AddTable(ITEMS)));
    await(log.submit(new Command.Resync(ORDERS)));
    await(log.submit(new Command.RemoveTable(ORDERS.target())));
    assertThat(await(log.pending()))
        .containsExactlyInAnyOrder(
            new Pending(1, new Command.AddTable(ORDERS), true, 4),
            new Pending(2, new Command.AddTable(ITEMS), true, 0));
    assertThat(await(log.take(1))).isEqualTo(1);
    assertThat(await(other.pending()))
        .as("one at a time for each target")
        .contains(new Pending(1, new Command.AddTable(ORDERS), false, 4));
    assertThat(await(other.take(1))).as("it is taken").isNull();
    await(log.finish(1, "ok", "subscribed", null));
    assertThat(await(other.next(ORDERS.target())))
        .isEqualTo(new Pending(3, new Command.Resync(ORDERS), true, 4));
    assertThat(await(other.next(new TargetTable("no", "such")))).isNull();
  }

  @Test
  void saysBehindWhichCommandOneWaits() {
    await(log.submit(new Command.Resync(ORDERS)));
    await(log.submit(new Command.AddTable(ITEMS)));
    await(log.submit(new Command.RemoveTable(ORDERS.target())));
    await(log.take(1));
    assertThat(await(log.find(3)).detail())
        .isEqualTo("waits behind command 1: " + CommandText.format(new Command.Resync(ORDERS)));
    assertThat(await(log.find(2)).detail()).as("nothing is ahead").isNull();
    assertThat(await(log.newest(9)))
        .filteredOn(command -> command.id() == 3)
        .extracting(CommandRecord::detail)
        .first()
        .asString()
        .startsWith("waits behind command 1: ");
    await(log.finish(1, "ok", "subscribed", null));
    assertThat(await(log.find(3)).detail()).isNull();
  }

  @Test
  void showsAllThatHaveNotEndedBesideTheNewestThatHave() {
    for (int i = 1; i <= 6; i++) {
      await(log.submit(new Command.AddTable(i % 2 == 0 ? ORDERS : ITEMS)));
      if (i > 2) {
        await(log.take(i));
        await(log.finish(i, "ok", null, null));
      } else {
        // So that the next one is not taken for the same.
        await(log.submit(new Command.ResumeTable((i == 2 ? ORDERS : ITEMS).target())));
      }
    }
    List<CommandRecord> all = await(log.newest(100));
    assertThat(all).isSortedAccordingTo((a, b) -> Long.compare(b.id(), a.id()));
    long open = all.stream().filter(c -> c.outcome() == CommandOutcome.PENDING).count();
    assertThat(open).isPositive().isLessThan(all.size());
    assertThat(await(log.newest(1)))
        .filteredOn(c -> c.outcome() == CommandOutcome.PENDING)
        .hasSize((int) open);
    assertThat(await(log.newest(1))).hasSize((int) open + 1);
  }

  @Test
  void letsAnotherServiceBeginAgainWhereTheLeaseHasEnded() {
    long id = await(log.submit(new Command.CreateSchema(ORDERS)));
    await(log.take(id));
    expire();
    await(log.renew(List.of(id)));
    assertThat(await(other.take(id))).as("renewed").isNull();
    expire();
    await(other.renew(List.of(id)));
    assertThat(await(other.pending())).extracting(Pending::free).containsExactly(true);
    assertThat(await(other.take(id))).as("its second attempt").isEqualTo(2);
    await(log.note(id, "late"));
    await(log.finish(id, "too late", null, null));
    assertThat(await(other.find(id)))
        .satisfies(
            command -> {
              assertThat(command.status()).isEqualTo("running");
              assertThat(command.detail()).isNull();
              assertThat(command.outcome()).isEqualTo(CommandOutcome.PENDING);
              assertThat(command.attempts()).isEqualTo(2);
            });
    await(other.finish(id, "ok", "created", null));
    assertThat(await(log.find(id)).outcome()).isEqualTo(CommandOutcome.OK);
    assertThat(await(log.take(id))).as("done is done").isNull();
  }

  private void expire() {
    database.execute(
        "update _creek_consumer._notification_log set lease_until = now() - interval '1 ms'");
  }

  @Test
  void takesACommandBackAsIfItHadNotBeenBegun() {
    long id = await(log.submit(new Command.CreateSchema(ORDERS)));
    await(log.take(id));
    await(log.release(id));
    assertThat(await(log.find(id)).status()).isEqualTo("queued");
    assertThat(await(other.take(id))).isEqualTo(1);
  }

  @Test
  void showsHowFarItIs() {
    long id = await(log.submit(new Command.TakeSnapshot(ORDERS, SnapshotMode.CLEAN)));
    await(log.take(id));
    await(log.note(id, "NATS is away"));
    assertThat(await(log.find(id)).detail()).isEqualTo("NATS is away");
    await(log.progress(id, progress(SnapshotProgress.Step.LOADING, 500, 1000)));
    assertThat(await(log.find(id)))
        .satisfies(
            command -> {
              assertThat(command.step()).isEqualTo("loading");
              assertThat(command.rowsDone()).isEqualTo(500);
              assertThat(command.rowsExpected()).isEqualTo(1000);
              assertThat(command.detail()).isNull();
              assertThat(command.startedAt()).isNotNull();
              assertThat(command.requestedBy()).isEqualTo(database.server().user());
            });
    await(
        log.finish(
            id, "the producer died", null, progress(SnapshotProgress.Step.LOADING, 501, -1)));
    assertThat(await(log.find(id)))
        .satisfies(
            command -> {
              assertThat(command.outcome()).isEqualTo(CommandOutcome.FAILED);
              assertThat(command.status()).isEqualTo("the producer died");
              assertThat(command.rowsDone()).isEqualTo(501);
              assertThat(command.rowsExpected()).isEqualTo(1000);
              assertThat(command.finishedAt()).isNotNull();
            });
  }

  private static SnapshotProgress progress(SnapshotProgress.Step step, long done, long expected) {
    return new SnapshotProgress(
        ORDERS, "s", SnapshotMode.CLEAN, step, done, expected, Duration.ZERO);
  }

  @Test
  void forgetsWhatEndedLongAgoAndNothingElse() {
    long open = await(log.submit(new Command.CreateSchema(ORDERS)));
    long recent = await(log.submit(new Command.CreateSchema(ITEMS)));
    await(log.take(recent));
    await(log.finish(recent, "ok", null, null));
    database.execute(
        """
        insert into _creek_consumer._notification_log ("timestamp", command, status, verb, target, finished_at)
        select now() - interval '31 days', 'REMOVE public.x', 'ok', 'remove_table', 'public.x', now()
        from generate_series(1, 5)
        """,
        """
        insert into _creek_consumer._notification_log ("timestamp", command, status)
        values (now() - interval '31 days', 'ADD by.go.consumer:public.x', 'ok')
        """);
    assertThat(await(log.prune())).isEqualTo(6);
    assertThat(await(log.newest(9))).extracting(CommandRecord::id).containsExactly(recent, open);
    database.execute(
        """
        insert into _creek_consumer._notification_log (command, status, verb, target, finished_at)
        select 'REMOVE public.x', 'ok', 'remove_table', 'public.x', now()
        from generate_series(1, 10050)
        """);
    assertThat(await(log.prune())).isEqualTo(51);
    assertThat(await(log.find(open))).as("is still to be done").isNotNull();
  }
}
