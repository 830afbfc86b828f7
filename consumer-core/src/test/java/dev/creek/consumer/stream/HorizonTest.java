package dev.creek.consumer.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.stream.Horizon.Judgement;
import dev.creek.consumer.stream.Horizon.Kind;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalDecoder;
import dev.creek.consumer.wire.WalSchema;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class HorizonTest {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final long THROUGH = 100;
  private static final long ID = 5000;
  private static final long LSN = 0x9000;
  private static final Horizon SNAPSHOT = new Horizon(Kind.SNAPSHOT, 90, THROUGH, ID, LSN, AT);
  private static final Horizon POSITION = new Horizon(Kind.POSITION, 0, 0, 0, LSN, AT);
  private static final Duration LONG_BEFORE = Duration.ofMinutes(-5);

  private static Change change(
      Generation generation, long sequence, long id, long lsn, Duration later) {
    TableWire wire =
        TableWire.of("app", "log")
            .column("n", "int4")
            .identity(Identity.FULL)
            .generation(generation);
    var decoder = new WalDecoder(WalSchema.parse(wire.fingerprint(), wire.schemaText()));
    return decoder.decode(wire.insert(new WalTx(id, AT.plus(later), lsn), 1).message(sequence));
  }

  private static Judgement judge(
      Generation generation, long sequence, long id, long lsn, Duration later) {
    return SNAPSHOT.judge(change(generation, sequence, id, lsn, later));
  }

  @ParameterizedTest
  @EnumSource
  void whatBeganBehindTheSnapshotIsMissing(Generation generation) {
    assertThat(judge(generation, 50, ID + 1, 0x10, LONG_BEFORE)).isEqualTo(Judgement.MISSING);
  }

  @Test
  void idsComeRound() {
    var late = new Horizon(Kind.SNAPSHOT, 90, THROUGH, 0xFFFF_FFF0L, LSN, AT);
    assertThat(late.judge(change(Generation.OLD, 101, 5, 0x10, Duration.ZERO)))
        .isEqualTo(Judgement.MISSING);
    assertThat(SNAPSHOT.judge(change(Generation.OLD, 101, 0x7FFF_FFFFL, 0x10, LONG_BEFORE)))
        .isEqualTo(Judgement.MISSING);
  }

  @ParameterizedTest
  @EnumSource
  void whatTheStreamHeldBeforeTheRequestIsHeldWhateverItsTime(Generation generation) {
    for (Duration later : new Duration[] {LONG_BEFORE, Duration.ZERO, Duration.ofSeconds(9)}) {
      assertThat(judge(generation, THROUGH, ID - 1, LSN + 1, later)).isEqualTo(Judgement.HELD);
    }
  }

  /** A source that was built anew counts from the beginning again. */
  @ParameterizedTest
  @EnumSource
  void whatWasCommittedLongBehindTheSnapshotIsMissingWhateverItsNumbers(Generation generation) {
    assertThat(judge(generation, 7, 3, 0x10, Duration.ofSeconds(11))).isEqualTo(Judgement.MISSING);
    assertThat(POSITION.judge(change(generation, 7, 3, 0x10, Duration.ofSeconds(11))))
        .isEqualTo(Judgement.MISSING);
  }

  @ParameterizedTest
  @CsvSource({
    "OLD, -1, -3000, HELD",
    "OLD, -1, -1, MAYBE_HELD",
    "OLD, -1, 1, MAYBE_MISSING",
    "OLD, -1, 3000, MAYBE_HELD",
    "OLD, 0, 1, MISSING",
    "OLD, 0, -1, MAYBE_MISSING",
    "NEW, 0, -3000, HELD",
    "NEW, 0, -1, MAYBE_HELD",
    "NEW, 0, 1, MAYBE_MISSING",
    "NEW, -1, 3000, MISSING",
    "NEW, 1, 1, MISSING",
    "NEW, 1, -1, MAYBE_MISSING"
  })
  void logAndTimeTellMostOfTheRest(
      Generation generation, int place, long millis, Judgement judgement) {
    assertThat(judge(generation, THROUGH + 1, ID - 1, LSN + place, Duration.ofMillis(millis)))
        .isEqualTo(judgement);
  }

  @ParameterizedTest
  @CsvSource({
    "OLD, -1, 0, HELD",
    "OLD, 0, 0, MAYBE_HELD",
    "OLD, 1, -3000, MAYBE_MISSING",
    "NEW, -1, -3000, HELD",
    "NEW, 0, 0, MAYBE_MISSING",
    "NEW, 1, -3000, MAYBE_MISSING",
    "NEW, -1, 3000, MISSING"
  })
  void aPositionOfOthersHoldsWhatWasCommittedBeforeItsPlaceInTheLog(
      Generation generation, int place, long millis, Judgement judgement) {
    assertThat(POSITION.judge(change(generation, 1, ID, LSN + place, Duration.ofMillis(millis))))
        .isEqualTo(judgement);
  }

  @Test
  void onlyWhatWasCommittedBeforeCanBeOfAnOlderSchema() {
    assertThat(
            SNAPSHOT.isOfOlderSchema(
                change(Generation.NEW, THROUGH + 5, ID - 1, LSN, Duration.ofMillis(-1))))
        .isTrue();
    assertThat(
            SNAPSHOT.isOfOlderSchema(
                change(Generation.NEW, THROUGH + 5, ID - 1, LSN, Duration.ofMillis(1))))
        .isFalse();
    assertThat(
            SNAPSHOT.isOfOlderSchema(
                change(Generation.NEW, THROUGH + 5, ID + 1, LSN, Duration.ofMillis(-1))))
        .isFalse();
    assertThat(POSITION.isOfOlderSchema(change(Generation.NEW, 1, ID, LSN, Duration.ofMillis(-1))))
        .isFalse();
  }
}
