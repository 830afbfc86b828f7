package dev.creek.consumer.stream.group;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.SkippedChanges;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalDecoder;
import dev.creek.consumer.wire.WalSchema;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ApproachTest {
  private static final StreamIdentity STREAM =
      new StreamIdentity("wal", Instant.parse("2024-05-01T09:00:00Z"));
  private static final TableWire TABLE = TableWire.of("app", "t").column("id", "int4", KEY);

  private static final WalDecoder DECODER =
      new WalDecoder(WalSchema.parse(TABLE.fingerprint(), TABLE.schemaText()));

  private final ModelTarget target = new ModelTarget(1, 0);
  private final AtomicInteger together = new AtomicInteger();

  @Test
  void membersAtOnePlaceAreTogetherAtOnce() {
    Approach approach = new Approach(List.of(seat("a", 10, null), seat("b", 10, null)));
    approach.reached(at(10), List.of());
    assertThat(together).hasValue(2);
  }

  @Test
  void theOthersAreTogetherWithAMemberAheadOnceTheyCameToItsPosition() {
    Approach approach = new Approach(List.of(seat("a", 10, null), seat("b", 20, null)));
    approach.reached(at(10), List.of());
    approach.reached(at(19), List.of(change(19, 19)));
    assertThat(together).hasValue(0);
    approach.reached(at(20), List.of(change(20, 20)));
    assertThat(together).hasValue(2);
  }

  @Test
  void aSnapshotIsPassedByATransactionThatBeganAfterIt() {
    Approach approach = new Approach(List.of(seat("a", 10, null), seat("b", 10, snapshotAt(40))));
    approach.reached(at(10), List.of());
    approach.reached(at(11), List.of(change(11, 39)));
    assertThat(together).hasValue(0);
    approach.reached(at(12), List.of(change(12, 41)));
    assertThat(together).hasValue(2);
    approach.reached(at(13), List.of(change(13, 42)));
    assertThat(together).hasValue(2);
  }

  @Test
  void aSnapshotOfWhichOnlyTheTimeIsKnownIsPassedByALaterOne() {
    Seat seat = seat("a", 10, WalTx.of(40).committedAt(), null);
    Approach approach = new Approach(List.of(seat));
    approach.reached(at(11), List.of(change(11, 41)));
    assertThat(together).hasValue(0);
    approach.reached(at(12), List.of(change(12, 41 + Horizon.DOUBT.toMillis())));
    assertThat(together).hasValue(1);
  }

  @Test
  void aSnapshotOfAQuietDatabaseIsPassedByTime() {
    Approach approach = new Approach(List.of(seat("a", 10, snapshotAt(40))));
    approach.reached(at(10), List.of());
    approach.tick(true);
    approach.reached(at(11), List.of());
    approach.tick(true);
    approach.tick(false);
    assertThat(together).hasValue(0);
    approach.tick(true);
    assertThat(together).hasValue(1);
  }

  @Test
  void aSnapshotLongAgoIsPassed() {
    var position =
        new Position(STREAM, 10, 0, WalTx.of(41 + Horizon.DOUBT.toMillis()).committedAt());
    Approach approach =
        new Approach(List.of(seat("a", position, WalTx.of(40).committedAt(), snapshotAt(40))));
    approach.reached(at(10), List.of());
    assertThat(together).hasValue(1);
  }

  private Seat seat(String table, long position, @Nullable Horizon horizon) {
    return seat(table, position, horizon == null ? null : horizon.at(), horizon);
  }

  private Seat seat(
      String table, long position, @Nullable Instant aheadUntil, @Nullable Horizon horizon) {
    return seat(table, at(position), aheadUntil, horizon);
  }

  private Seat seat(
      String table, Position position, @Nullable Instant aheadUntil, @Nullable Horizon horizon) {
    SourceTable source = new SourceTable("source", "app", table);
    var claim =
        new Claim(
            TestMember.mapping(source),
            1,
            position,
            aheadUntil,
            SkippedChanges.NONE,
            null,
            horizon);
    return new Seat(
        new TestMember(
            claim,
            new LogState(STREAM, 1, 100, null),
            new StartAt.Sequence(position.sequence() + 1),
            target.writer(source)) {
          @Override
          public void together() {
            together.incrementAndGet();
          }
        });
  }

  /** Transactions before this one are in the snapshot. */
  private static Horizon snapshotAt(long n) {
    WalTx tx = WalTx.of(n);
    return new Horizon(Horizon.Kind.SNAPSHOT, 10, 10, tx.id(), tx.lsn(), tx.committedAt());
  }

  private static Position at(long sequence) {
    return new Position(STREAM, sequence, 0, null);
  }

  private static Change change(long sequence, long transaction) {
    return DECODER.decode(TABLE.insert(WalTx.of(transaction), 1).message(sequence));
  }
}
