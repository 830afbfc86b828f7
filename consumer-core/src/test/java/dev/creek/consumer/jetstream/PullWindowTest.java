package dev.creek.consumer.jetstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.jetstream.PullWindow.Idle;
import dev.creek.consumer.jetstream.PullWindow.Proof;
import dev.creek.consumer.jetstream.PullWindow.Pull;
import dev.creek.consumer.stream.ByteShares;
import dev.creek.consumer.stream.Packet;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PullWindowTest {
  private static final long SECOND = 1_000_000_000L;

  private final BrokerOptions options =
      BrokerOptions.builder("x").maxMessages(10).maxBytes(1000).delivery(5, 300).build();
  private long now = 17 * SECOND;
  private long sequence;

  private ByteShares.Share share() {
    return new ByteShares(1000, 1000, 1000).share();
  }

  private PullWindow live() {
    return new PullWindow(options, share(), 0, 1, false, true, now);
  }

  private PullWindow withOverhead(int bytes) {
    return new PullWindow(options, share(), bytes, 1, false, true, now);
  }

  private PullWindow lagging() {
    return new PullWindow(options, share(), 0, 1, false, false, now);
  }

  private PullWindow fromOldest() {
    return new PullWindow(options, share(), 0, 1, true, false, now);
  }

  private Pull pull(PullWindow window) {
    return Objects.requireNonNull(window.nextPull(now));
  }

  private boolean arrive(PullWindow window, int bytes, long pending) {
    window.arrived(new Packet(++sequence, new byte[bytes]), bytes + 50, pending, now);
    return window.isAskDue();
  }

  private static List<Long> take(PullWindow window) {
    var delivery = window.take(100, 10_000);
    return delivery == null
        ? List.of()
        : delivery.packets().stream().map(Packet::sequence).toList();
  }

  @Test
  void asksForAllThereIsRoomForAndThenForNothingUntilItHasEnded() {
    var window = live();
    assertThat(pull(window)).isEqualTo(new Pull(1, 10, 1000));
    assertThat(window.nextPull(now)).isNull();
    window.pullEnded(1, now);
    assertThat(pull(window)).isEqualTo(new Pull(2, 10, 1000));
  }

  @Test
  void asksForNoMoreMessagesThanTheBytesHoldOfTheirOverhead() {
    assertThat(pull(withOverhead(300))).isEqualTo(new Pull(1, 3, 1000));
    assertThat(pull(withOverhead(1))).isEqualTo(new Pull(1, 10, 1000));
  }

  @Test
  void asksForOneMessageEvenIfItsOverheadIsMoreThanAllBytes() {
    assertThat(pull(withOverhead(5000))).isEqualTo(new Pull(1, 1, 1000));
  }

  @Test
  void aHoleIsWhatDidNotComeBeforeItWent() {
    var window = lagging();
    pull(window);
    arrive(window, 10, 5);
    sequence++;
    arrive(window, 10, 4);
    assertThat(window.firstUnread(Holes.of(1, 3), Holes.NONE, 1, 3)).isEqualTo(Long.MAX_VALUE);
    assertThat(window.firstUnread(Holes.of(3, 1, 2), Holes.NONE, 1, 3)).isEqualTo(2);
    assertThat(window.firstUnread(Holes.of(2), Holes.of(2), 1, 3)).isEqualTo(Long.MAX_VALUE);
    assertThat(window.firstUnread(Holes.of(2, 4), Holes.of(2), 1, 4)).isEqualTo(4);
    assertThat(window.firstUnread(Holes.EVERYWHERE, Holes.NONE, 1, 3)).isEqualTo(2);
    assertThat(window.firstUnread(Holes.NONE, Holes.NONE, 1, 3)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void holesBeforeTheOldestMessageOfWhoBeginsThereAreNone() {
    var window = fromOldest();
    pull(window);
    sequence = 6;
    arrive(window, 10, 2);
    sequence = 8;
    arrive(window, 10, 1);
    assertThat(window.firstUnread(Holes.of(2, 6), Holes.NONE, 1, 9)).isEqualTo(Long.MAX_VALUE);
    assertThat(window.firstUnread(Holes.of(2, 8), Holes.NONE, 1, 9)).isEqualTo(8);
  }

  @Test
  void whatIsReadAsItComesNeedsAProofWhereFewerFollowThanWereAnnounced() {
    var window = live();
    pull(window);
    arrive(window, 10, 5);
    arrive(window, 10, 4);
    assertThat(take(window)).containsExactly(1L, 2L);
    arrive(window, 10, 0);
    assertThat(take(window)).isEmpty();
    assertThat(window.nextProof(false)).isEqualTo(new Proof(3, 1, 3));
  }

  @Test
  void windowsOfManyTablesAskTogetherForNoMoreThanAllMayHold() {
    ByteShares shares = new ByteShares(1000, 50, 2000);
    long asked = 0;
    for (int i = 0; i < 8; i++) {
      var window = new PullWindow(options, shares.share(), 0, 1, false, false, now);
      Pull pull = pull(window);
      assertThat(pull.bytes()).isBetween(50L, 1000L);
      asked += pull.bytes();
    }
    assertThat(asked).isLessThanOrEqualTo(2000 + 8 * 50);
  }

  @Test
  void aWindowWhoseTableStallsLeavesRoomForTheOthers() {
    ByteShares shares = new ByteShares(1000, 100, 2000);
    for (int i = 0; i < 3; i++) {
      pull(new PullWindow(options, shares.share(), 0, 1, false, false, now));
    }
    var window = new PullWindow(options, shares.share(), 0, 1, false, false, now);
    for (int i = 1; i < 50; i++) {
      assertThat(pull(window).bytes()).isGreaterThanOrEqualTo(100);
      window.arrived(new Packet(++sequence, new byte[50]), 1000, 1, now);
      window.proved(Objects.requireNonNull(window.nextProof(true)), 1);
      assertThat(take(window)).containsExactly(sequence);
    }
  }

  @Test
  void whatLeavesTheWindowAndWhatIsClosedIsFreeForOthers() {
    ByteShares shares = new ByteShares(1000, 100, 1000);
    var window = new PullWindow(options, shares.share(), 0, 1, false, false, now);
    pull(window);
    assertThat(shares.reserved()).isEqualTo(900);
    window.arrived(new Packet(++sequence, new byte[500]), 1000, 0, now);
    window.proved(Objects.requireNonNull(window.nextProof(true)), 1);
    assertThat(take(window)).containsExactly(sequence);
    assertThat(shares.reserved()).isZero();

    var closed = new PullWindow(options, shares.share(), 0, 1, false, false, now);
    pull(closed);
    closed.close();
    assertThat(shares.reserved()).isZero();
  }

  @Test
  void theEndOfAnEarlierRequestEndsNothing() {
    var window = live();
    pull(window);
    window.pullEnded(1, now);
    pull(window);
    window.pullEnded(1, now);
    window.pullEndedByBytes(1, now);
    assertThat(window.isAsked()).isTrue();
  }

  @Test
  void aRequestEndsWithItsLastMessage() {
    var window = live();
    pull(window);
    for (int i = 0; i < 9; i++) {
      arrive(window, 1, 0);
    }
    assertThat(window.isAsked()).isTrue();
    assertThat(arrive(window, 1, 0)).isTrue();
    assertThat(window.isAsked()).isFalse();
  }

  @Test
  void aRequestEndsWithItsLastByte() {
    var window = live();
    pull(window);
    arrive(window, 450, 0);
    assertThat(window.isAsked()).isTrue();
    arrive(window, 450, 0);
    assertThat(window.isAsked()).isFalse();
  }

  @Test
  void asksAgainOnceHalfOfTheRoomIsFree() {
    var window = live();
    pull(window);
    for (int i = 0; i < 10; i++) {
      arrive(window, 1, 0);
    }
    assertThat(window.nextPull(now)).isNull();
    window.take(4, 1000);
    assertThat(window.nextPull(now)).isNull();
    window.take(1, 1000);
    assertThat(pull(window).messages()).isEqualTo(5);
  }

  @Test
  void asksAgainOnceHalfOfTheBytesAreFree() {
    var window = live();
    pull(window);
    arrive(window, 400, 0);
    arrive(window, 400, 0);
    window.pullEndedByBytes(1, now);
    assertThat(window.nextPull(now)).isNull();
    window.take(1, 1000);
    assertThat(pull(window)).isEqualTo(new Pull(2, 9, 600));
  }

  @Test
  void aMessageLongerThanAllBytesComesAloneIntoAnEmptyWindow() {
    var window = live();
    pull(window);
    arrive(window, 100, 1);
    window.pullEndedByBytes(1, now);
    pull(window);
    window.pullEndedByBytes(2, now);
    assertThat(window.nextPull(now)).isNull();
    take(window);
    assertThat(pull(window)).isEqualTo(new Pull(3, 1, 0));
    arrive(window, 50_000, 0);
    assertThat(window.isAsked()).isFalse();
    take(window);
    assertThat(pull(window)).isEqualTo(new Pull(4, 10, 1000));
  }

  @Test
  void takesUpToTheBoundsAndAtLeastOne() {
    var window = live();
    pull(window);
    arrive(window, 400, 2);
    arrive(window, 200, 1);
    arrive(window, 1, 0);
    var first = Objects.requireNonNull(window.take(5, 300));
    assertThat(first.packets()).hasSize(1);
    assertThat(first.pending()).isEqualTo(2);
    var second = Objects.requireNonNull(window.take(1, 300));
    assertThat(second.pending()).isEqualTo(1);
    assertThat(second.frontier()).isEqualTo(2);
    assertThat(Objects.requireNonNull(window.take(5, 300)).caughtUp()).isTrue();
    assertThat(window.take(5, 300)).isNull();
  }

  @Test
  void whoWaitsAtTheEndNeedsNoProof() {
    var window = live();
    pull(window);
    now += 100 * SECOND;
    assertThat(arrive(window, 1, 3)).isFalse();
    assertThat(arrive(window, 1, 2)).isFalse();
    assertThat(take(window)).containsExactly(1L, 2L);
  }

  @Test
  void whoLagsKeepsPacketsUntilTheyAreProven() {
    var window = lagging();
    pull(window);
    assertThat(arrive(window, 1, 1000)).isTrue();
    prove(window, new Proof(1, 1, 1));
    assertThat(take(window)).containsExactly(1L);
    for (int i = 0; i < 4; i++) {
      assertThat(arrive(window, 1, 1000)).isFalse();
    }
    assertThat(window.nextProof(false)).isNull();
    assertThat(arrive(window, 1, 1000)).isTrue();
    var proof = Objects.requireNonNull(window.nextProof(false));
    assertThat(proof).isEqualTo(new Proof(2, 5, 6));
    arrive(window, 1, 1000);
    assertThat(window.hasReady()).isFalse();
    assertThat(take(window)).isEmpty();
    window.proved(proof, 1);
    assertThat(window.hasReady()).isTrue();
    assertThat(take(window)).containsExactly(2L, 3L, 4L, 5L, 6L);
    assertThat(window.hasReady()).isFalse();
    assertThat(window.nextProof(true)).isEqualTo(new Proof(7, 1, 7));
  }

  private static void prove(PullWindow window, Proof expected) {
    var proof = Objects.requireNonNull(window.nextProof(false));
    assertThat(proof).isEqualTo(expected);
    window.proved(proof, 1);
  }

  @Test
  void theLastOnesAreProvenAtOnceAndAfterThemNobodyLags() {
    var window = lagging();
    pull(window);
    arrive(window, 1, 1);
    assertThat(arrive(window, 1, 0)).isTrue();
    window.proved(Objects.requireNonNull(window.nextProof(false)), 1);
    take(window);
    now += 100 * SECOND;
    arrive(window, 1, 0);
    assertThat(take(window)).containsExactly(3L);
  }

  @Test
  void aBacklogThatTakesLongIsLagging() {
    var window = live();
    pull(window);
    arrive(window, 1, 100);
    now += SECOND;
    arrive(window, 1, 100);
    assertThat(take(window)).containsExactly(1L);
    assertThat(take(window)).isEmpty();
  }

  @Test
  void whoDidNotAskForAWhileIsLagging() {
    var window = live();
    pull(window);
    window.pullEnded(1, now);
    now += SECOND;
    pull(window);
    arrive(window, 1, 0);
    assertThat(take(window)).isEmpty();
  }

  @Test
  void aReaderFromTheOldestOnForgetsWhatWasRemovedMeanwhile() {
    var window = fromOldest();
    pull(window);
    for (int i = 0; i < 5; i++) {
      arrive(window, 1, 1000);
    }
    assertThat(window.mayForget()).isTrue();
    window.proved(Objects.requireNonNull(window.nextProof(false)), 4);
    assertThat(take(window)).containsExactly(4L, 5L);
    assertThat(window.mayForget()).isFalse();
  }

  @Test
  void theFrontierMovesOnlyBehindWhatHasLeft() {
    var window = live();
    pull(window);
    arrive(window, 1, 0);
    assertThat(window.idleNow()).isNull();
    take(window);
    assertThat(window.idleNow()).isEqualTo(new Idle(2, true, 1));
    window.idleUpTo(20, now);
    var delivery = Objects.requireNonNull(window.take(5, 300));
    assertThat(delivery.packets()).isEmpty();
    assertThat(delivery.frontier()).isEqualTo(20);
    window.idleUpTo(20, now);
    assertThat(window.take(5, 300)).isNull();
    sequence = 29;
    window.idleUpTo(25, now);
    arrive(window, 1, 0);
    assertThat(take(window)).containsExactly(30L);
    assertThat(window.take(5, 300)).isNull();
  }

  @Test
  void whoDidNotWaitAllAlongIsIdleAfterAProofOnly() {
    var window = live();
    pull(window);
    arrive(window, 1, 0);
    take(window);
    window.pullEnded(1, now);
    assertThat(window.idleNow()).isNull();
    now += SECOND;
    pull(window);
    assertThat(window.idleNow()).isEqualTo(new Idle(2, false, 1));
    window.idleUpTo(7, now);
    assertThat(window.idleNow()).isEqualTo(new Idle(8, true, 1));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void neverHoldsMoreThanAllowedAndLosesNothing(long seed) {
    var random = new Random(seed);
    var window = lagging();
    List<Long> taken = new ArrayList<>();
    int asked = 0;
    long askedBytes = 0;
    int waiting = 0;
    for (int step = 0; step < 5000; step++) {
      now += random.nextInt(300_000_000);
      Pull pull = window.nextPull(now);
      if (pull != null) {
        asked = pull.messages();
        askedBytes = pull.bytes() == 0 ? Long.MAX_VALUE : pull.bytes();
        assertThat(asked + waiting).as("seed %d", seed).isLessThanOrEqualTo(10);
      }
      int bytes = random.nextInt(10) == 0 ? 3000 : random.nextInt(300);
      if (asked > 0 && bytes + 50 > askedBytes) {
        window.pullEndedByBytes(pullNumber(window), now);
        asked = 0;
      } else if (asked > 0) {
        arrive(window, bytes, random.nextInt(3));
        waiting++;
        asked--;
        askedBytes -= bytes + 50;
        asked = askedBytes == 0 ? 0 : asked;
      }
      Proof proof = window.nextProof(random.nextBoolean());
      if (proof != null) {
        window.proved(proof, 1);
      }
      if (random.nextBoolean()) {
        var some = take(window);
        waiting -= some.size();
        taken.addAll(some);
      }
    }
    assertThat(taken).as("seed %d", seed).isSorted().doesNotHaveDuplicates();
    assertThat(taken.size() + waiting).isEqualTo((int) sequence);
  }

  /** Ends whatever is out: the test's broker serves one request at a time, as the real one does. */
  private int pullNumber(PullWindow window) {
    int number = 1;
    while (window.isAsked()) {
      window.pullEndedByBytes(number, now);
      number++;
    }
    return number;
  }
}
