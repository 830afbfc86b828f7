package dev.creek.consumer.postgres.position;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalDecoder;
import dev.creek.consumer.wire.WalSchema;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RepublishedFilterTest {
  private static final TableWire OLD =
      TableWire.of("app", "log").column("n", "int4").identity(Identity.FULL);

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final List<Change> stream = new ArrayList<>();

  private static Change change(TableWire wire, WalTx tx, int n, long sequence) {
    var decoder = new WalDecoder(WalSchema.parse(wire.fingerprint(), wire.schemaText()));
    return decoder.decode(wire.insert(tx, n).message(sequence));
  }

  private RepublishedFilterTest of(WalTx tx, int changes) {
    for (int n = 1; n <= changes; n++) {
      stream.add(change(OLD, tx, n, stream.size() + 1));
    }
    return this;
  }

  /** Sequences that are let through, the stream cut into batches of one change. */
  private List<Long> kept(int restartBefore) {
    var repetitions = new RepublishedFilter(null);
    var kept = new ArrayList<Long>();
    for (Change change : stream) {
      if (change.sequence() == restartBefore) {
        repetitions = new RepublishedFilter(repetitions.evidence());
      }
      repetitions.withoutRepeated(List.of(change)).forEach(c -> kept.add(c.sequence()));
    }
    return kept;
  }

  private long unproven() {
    var repetitions = new RepublishedFilter(null);
    repetitions.withoutRepeated(stream);
    return repetitions.unproven();
  }

  private void assertKept(Long... sequences) {
    for (int restart = 1; restart <= stream.size() + 1; restart++) {
      assertThat(kept(restart)).as("restarted before %d", restart).containsExactly(sequences);
    }
    assertThat(new RepublishedFilter(null).withoutRepeated(stream))
        .extracting(Change::sequence)
        .containsExactly(sequences);
  }

  @Test
  void letsEverythingThroughThatComesOnce() {
    of(WalTx.of(1), 2).of(WalTx.of(2), 1).of(WalTx.of(3), 3).assertKept(1L, 2L, 3L, 4L, 5L, 6L);
  }

  @Test
  void skipsTransactionsThatComeAgain() {
    of(WalTx.of(1), 2).of(WalTx.of(2), 1).of(WalTx.of(3), 2);
    of(WalTx.of(1), 2).of(WalTx.of(2), 1).of(WalTx.of(3), 2).of(WalTx.of(4), 1);
    assertKept(1L, 2L, 3L, 4L, 5L, 11L);
  }

  @Test
  void takesTheRestOfATransactionThatWasPublishedInPart() {
    of(WalTx.of(1), 1).of(WalTx.of(2), 2).of(WalTx.of(1), 1).of(WalTx.of(2), 4);
    assertKept(1L, 2L, 3L, 7L, 8L);
  }

  @Test
  void skipsEveryFurtherRepetition() {
    of(WalTx.of(1), 1).of(WalTx.of(2), 2);
    of(WalTx.of(1), 1).of(WalTx.of(2), 1);
    of(WalTx.of(1), 1).of(WalTx.of(2), 3);
    assertKept(1L, 2L, 3L, 9L);
  }

  @Test
  void doesNotTakeAContinuationForARepetition() {
    of(WalTx.of(1), 3).of(WalTx.of(1), 3).assertKept(1L, 2L, 3L, 4L, 5L, 6L);
    assertThat(unproven()).isZero();
  }

  @Test
  void skipsTheLatestTransactionThatARestartedProducerReadsFirst() {
    of(WalTx.of(1), 1).of(WalTx.of(2), 2);
    of(WalTx.of(2).readFrom(0x10), 4);
    assertKept(1L, 2L, 3L, 6L, 7L);
    assertThat(unproven()).isZero();
  }

  @Test
  void skipsTheLatestTransactionThatSeemsToBeBegunAnewAndSaysSo() {
    of(WalTx.of(2), 2).of(WalTx.of(2).later(SECOND), 3);
    assertKept(1L, 2L, 5L);
    assertThat(unproven()).isOne();
  }

  @Test
  void aPauseAloneBeginsNothingAnew() {
    of(WalTx.of(2), 2);
    stream.add(change(OLD, WalTx.of(2).later(SECOND), 3, 3));
    assertKept(1L, 2L, 3L);
    assertThat(unproven()).isZero();
  }

  /** Rows of one transaction that are equal: behind a pause the next one may be either. */
  @Test
  void appliesWhatMayBeTheNextOfEqualRowsAndSaysSo() {
    of(WalTx.of(2), 1).of(WalTx.of(2), 1).of(WalTx.of(2).later(SECOND), 1);
    assertKept(1L, 2L, 3L);
    assertThat(unproven()).isOne();
  }

  @Test
  void knowsNothingOfHowAnOlderVersionMetIt() {
    of(WalTx.of(2), 1).of(WalTx.of(2).later(SECOND), 1);
    var tx = WalTx.of(2);
    var micros = stream.get(0).committedAtMicros();
    var known = new AppliedMark(tx.id(), micros, tx.lsn(), 1, 1, micros, null);
    assertThat(new RepublishedFilter(known).withoutRepeated(List.of(stream.get(1)))).hasSize(1);
  }

  @Test
  void takesLowerLsnsOfARebuiltSource() {
    var late = Instant.parse("2030-01-01T00:00:00Z");
    of(WalTx.of(9), 1).of(new WalTx(5, late, 0x100), 2).of(new WalTx(6, late, 0x200), 1);
    assertKept(1L, 2L, 3L, 4L);
  }

  @Test
  void doesNotSkipAnEarlierCommitTimeAlone() {
    // Commit times may be in another order than commits.
    of(new WalTx(7, Instant.parse("2024-01-01T00:00:00.000010Z"), 0x700), 1);
    of(new WalTx(8, Instant.parse("2024-01-01T00:00:00.000009Z"), 0x800), 1);
    assertKept(1L, 2L);
  }

  @Test
  void skipsARepeatedTransactionWithTheLatestCommitTimeOfAll() {
    of(new WalTx(7, Instant.parse("2024-01-01T00:00:00.000010Z"), 0x700), 1);
    of(new WalTx(8, Instant.parse("2024-01-01T00:00:00.000009Z"), 0x800), 1);
    of(new WalTx(7, Instant.parse("2024-01-01T00:00:00.000010Z"), 0x700), 1);
    of(new WalTx(8, Instant.parse("2024-01-01T00:00:00.000009Z"), 0x800), 1);
    assertKept(1L, 2L);
  }

  @Test
  void skipsNothingOfNewProducersAndSaysWhatComesAgain() {
    var wire = OLD.generation(Generation.NEW);
    var changes =
        List.of(
            change(wire, WalTx.of(1), 1, 1),
            change(wire, WalTx.of(2), 1, 2),
            change(wire, WalTx.of(1), 1, 3),
            change(wire, WalTx.of(2), 1, 4));
    var repetitions = new RepublishedFilter(null);
    assertThat(repetitions.withoutRepeated(changes)).isEqualTo(changes);
    assertThat(repetitions.unproven()).isEqualTo(2);
    var later = List.of(change(wire, WalTx.of(3), 1, 5), change(wire, WalTx.of(3), 1, 6));
    assertThat(repetitions.withoutRepeated(later)).isEqualTo(later);
    assertThat(repetitions.unproven()).isZero();
    var again = List.of(change(wire, WalTx.of(3).later(SECOND), 1, 7));
    assertThat(repetitions.withoutRepeated(again)).isEqualTo(again);
    assertThat(repetitions.unproven()).isOne();
  }
}
