package dev.creek.consumer.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteSharesTest {
  private static final long MOST = 1600;
  private static final long LEAST = 100;
  private static final long TOTAL = 3200;

  private final ByteShares shares = ByteShares.of(MOST);

  @Test
  void oneThatIsAloneGetsAllThatOneMayHave() {
    ByteShares.Share alone = shares.share();
    shares.share().reserve(0, false);
    assertThat(alone.reserve(0, true)).isEqualTo(MOST);
  }

  @Test
  void whoWantsNoMoreGetsTheLeastAndTakesItFromNobody() {
    assertThat(shares.share().reserve(0, false)).isEqualTo(LEAST);
    assertThat(shares.reserved()).isZero();
  }

  @Test
  void allHoldTogetherNoMoreThanTheTotalAndALeastShareEach() {
    Random random = new Random(7);
    List<ByteShares.Share> all = new ArrayList<>();
    long[] held = new long[20];
    for (int i = 0; i < held.length; i++) {
      all.add(shares.share());
    }
    for (int round = 0; round < 10_000; round++) {
      int who = random.nextInt(held.length);
      if (random.nextBoolean()) {
        held[who] = Math.max(held[who], all.get(who).reserve(held[who], random.nextInt(4) > 0));
      } else {
        held[who] = random.nextInt((int) held[who] + 1);
        all.get(who).keep(held[who]);
      }
      long together = 0;
      for (long one : held) {
        together += one;
      }
      assertThat(together).isLessThanOrEqualTo(TOTAL + held.length * LEAST);
    }
  }

  @Test
  void whoComesLateGetsItsPartOnceTheOthersAskAgain() {
    ByteShares.Share first = shares.share();
    ByteShares.Share second = shares.share();
    ByteShares.Share late = shares.share();
    first.reserve(0, true);
    second.reserve(0, true);
    assertThat(late.reserve(0, true)).isBetween(LEAST, 3 * LEAST);
    assertThat(first.reserve(0, true)).isLessThan(MOST);
    second.keep(0);
    assertThat(late.reserve(0, true)).isGreaterThan(LEAST + TOTAL / 4);
  }

  @Test
  void whatIsClosedHoldsNothingAndCountsForNothing() {
    for (int i = 0; i < 10; i++) {
      ByteShares.Share gone = shares.share();
      gone.reserve(0, true);
      gone.close();
      gone.reserve(500, true);
      gone.close();
    }
    assertThat(shares.reserved()).isZero();
    shares.share().reserve(0, true);
    assertThat(shares.share().reserve(0, true)).isEqualTo(MOST);
  }
}
