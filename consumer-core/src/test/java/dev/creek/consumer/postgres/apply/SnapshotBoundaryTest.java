package dev.creek.consumer.postgres.apply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.postgres.apply.SnapshotBoundary.Outcome;
import dev.creek.consumer.postgres.apply.SnapshotBoundary.Unit;
import dev.creek.consumer.stream.Horizon.Judgement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SnapshotBoundaryTest {
  private static final Judgement LIKE_HELD = Judgement.MAYBE_HELD;
  private static final Judgement LIKE_MISSING = Judgement.MAYBE_MISSING;

  private final List<Unit> units = new ArrayList<>();
  private final Map<Integer, Long> counts = new HashMap<>();

  private SnapshotBoundaryTest there(int n, long count) {
    counts.put(n, count);
    return this;
  }

  private SnapshotBoundaryTest insert(Judgement judgement, int... rows) {
    Map<Integer, Integer> effects = new HashMap<>();
    for (int n : rows) {
      effects.merge(n, 1, Integer::sum);
      counts.putIfAbsent(n, 0L);
    }
    units.add(new Unit(effects, judgement));
    return this;
  }

  private SnapshotBoundaryTest update(Judgement judgement, int from, int to) {
    counts.putIfAbsent(from, 0L);
    counts.putIfAbsent(to, 0L);
    units.add(new Unit(Map.of(from, -1, to, 1), judgement));
    return this;
  }

  private Outcome decide(boolean distinct) {
    return distinct
        ? SnapshotBoundary.decideDistinct(units, counts, 1000)
        : SnapshotBoundary.decide(units, counts);
  }

  private void assertProven(boolean distinct, int held) {
    assertThat(decide(distinct)).isEqualTo(new Outcome(held, held, held));
  }

  @Test
  void whatIsNotThereWasNotInserted() {
    insert(LIKE_HELD, 1).insert(LIKE_HELD, 2).assertProven(false, 0);
  }

  @Test
  void rowsThatAreThereWereInsertedWhereNoTwoAreEqual() {
    insert(LIKE_MISSING, 1).insert(LIKE_MISSING, 2).insert(LIKE_HELD, 3);
    there(1, 1).there(2, 1).assertProven(true, 2);
  }

  @Test
  void rowsThatMayBeOlderOnesProveNothing() {
    insert(LIKE_HELD, 1).insert(LIKE_MISSING, 2).insert(LIKE_MISSING, 3);
    there(1, 4).there(2, 1);
    assertThat(decide(false))
        .as("the third is not there; of the others numbers and times decide")
        .isEqualTo(new Outcome(1, 0, 2));
  }

  @Test
  void aChainOfUpdatesEndsAtTheRowThatIsThere() {
    update(LIKE_HELD, 1, 2).update(LIKE_HELD, 2, 3).update(LIKE_HELD, 3, 4).there(2, 1);
    assertProven(false, 1);
    assertProven(true, 1);
  }

  @Test
  void whatIsKnownBoundsWhatIsNot() {
    insert(Judgement.HELD, 1).insert(LIKE_HELD, 1).insert(Judgement.MISSING, 1).there(1, 9);
    assertThat(decide(false)).isEqualTo(new Outcome(2, 1, 2));
  }

  @Test
  void withoutRowsNumbersAndTimesDecideAndNothingIsProven() {
    insert(LIKE_HELD, 1).insert(LIKE_HELD, 2).insert(LIKE_MISSING, 3);
    assertThat(SnapshotBoundary.decide(units, null)).isEqualTo(new Outcome(2, 0, 3));
  }

  @Test
  void aRowThatIsStillThereIsNoProofWhereItsDeleteLooksHeld() {
    units.add(new Unit(Map.of(1, -1), LIKE_HELD));
    there(1, 1);
    assertThat(decide(true)).as("there may have been two").isEqualTo(new Outcome(1, 0, 1));
    units.set(0, new Unit(Map.of(1, -1), LIKE_MISSING));
    assertProven(true, 0);
  }

  @Test
  void aHandfulOfRowsDoesNotShowThatNoneAreEqual() {
    insert(LIKE_MISSING, 1).there(1, 1);
    assertThat(SnapshotBoundary.decideDistinct(units, counts, 5)).isEqualTo(new Outcome(0, 0, 1));
    assertProven(true, 1);
  }

  @Test
  void rowsThatFitNoPlaceProveNothing() {
    insert(LIKE_HELD, 1).insert(LIKE_HELD, 2).there(2, 1);
    assertThat(decide(true).isProven()).isFalse();
  }

  /** Histories of a few rows, equal and distinct, cut anywhere: never another place as proven. */
  @Test
  void neverProvesAWrongPlace() {
    int proven = 0;
    for (int seed = 0; seed < 2000; seed++) {
      var random = new Random(seed);
      boolean distinct = random.nextBoolean();
      int values = distinct ? 40 : 4;
      long[] rows = new long[values];
      for (int i = 0; i < values / 2; i++) {
        rows[random.nextInt(values)] = 1;
      }
      units.clear();
      int cut = random.nextInt(7);
      long[] atCut = rows.clone();
      for (int i = 0; i < 6; i++) {
        if (i == cut) {
          atCut = rows.clone();
        }
        act(random, rows, distinct);
      }
      if (cut == 6) {
        atCut = rows.clone();
      }
      counts.clear();
      for (int n = 0; n < values; n++) {
        there(n, atCut[n]);
      }
      Outcome outcome = decide(distinct);
      if (outcome.isProven()) {
        proven++;
        assertThat(sameRows(outcome.held(), cut)).as("seed %d", seed).isTrue();
      } else {
        assertThat(cut).as("seed %d", seed).isBetween(outcome.first(), outcome.end());
      }
    }
    assertThat(proven).isGreaterThan(700);
  }

  private void act(Random random, long[] rows, boolean distinct) {
    int to = random.nextInt(rows.length);
    int from = random.nextInt(rows.length);
    if (rows[from] > 0 && from != to && (!distinct || rows[to] == 0)) {
      rows[from]--;
      rows[to]++;
      update(random.nextBoolean() ? LIKE_HELD : LIKE_MISSING, from, to);
    } else if (!distinct || rows[to] == 0) {
      rows[to]++;
      insert(random.nextBoolean() ? LIKE_HELD : LIKE_MISSING, to);
    } else {
      rows[to]--;
      units.add(new Unit(Map.of(to, -1), LIKE_HELD));
    }
  }

  /** Whether the units between come to nothing. */
  private boolean sameRows(int held, int cut) {
    Map<Integer, Integer> net = new HashMap<>();
    for (Unit unit : units.subList(Math.min(held, cut), Math.max(held, cut))) {
      unit.effects().forEach((row, by) -> net.merge((Integer) row, by, Integer::sum));
    }
    return net.values().stream().allMatch(by -> by == 0);
  }
}
