package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.stream.Horizon.Judgement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides by the target's rows where they end among transactions that are too close to a {@link
 * dev.creek.consumer.stream.Horizon}.
 *
 * <p>The transactions were committed one after the other, and the target holds those up to one of
 * them. For each possible place, the existing rows are followed back to before these transactions
 * and on to after them: a delete must find its row, and an insert must have left one. A place that
 * contradicts this is wrong. If several places are possible, numbers and times decide, and the
 * transactions between them are not proven.
 */
final class SnapshotBoundary {
  /**
   * If this many rows have no two that are equal, an existing row is regarded as the one that came.
   */
  private static final int ENOUGH_ROWS = 50;

  private SnapshotBoundary() {}

  /**
   * A transaction, or one change of it.
   *
   * @param effects number of rows left minus rows removed, by their values; without zeros
   * @param judgement the judgement without looking at rows
   */
  record Unit(Map<?, Integer> effects, Judgement judgement) {}

  /**
   * The result.
   *
   * @param held number of units that the target holds, from the first on
   * @param first index of the first unproven unit
   * @param end index after the last of them
   */
  record Outcome(int held, int first, int end) {
    boolean isProven() {
      return first == end;
    }
  }

  /** A unit that changed the number of a row. */
  private record Touch(int unit, int by) {}

  /**
   * Decides if no two rows of the table are equal: then rows should not become equal either. That
   * is likely and not certain, so a transaction that numbers and times judge differently needs a
   * row that it left as proof.
   *
   * @param counts number of each row in the target
   * @param rows number of rows of the table
   */
  static Outcome decideDistinct(List<Unit> units, Map<?, Long> counts, long rows) {
    Outcome surely = decide(units, counts, false);
    Outcome likely = decide(units, counts, true);
    if (hasEqualRows(units, counts, likely) || surely.isProven()) {
      return likely;
    }
    boolean contradicted = !likely.isProven();
    for (int i = surely.first(); i < surely.end() && !contradicted; i++) {
      Judgement judgement = units.get(i).judgement();
      boolean held = i < likely.held();
      contradicted =
          !judgement.certain() && judgement.held() != held && !(held && rows >= ENOUGH_ROWS);
    }
    return contradicted ? surely : likely;
  }

  /** Tells whether this result implies equal rows, now or in between. */
  static boolean hasEqualRows(List<Unit> units, Map<?, Long> counts, Outcome outcome) {
    return wrong(units, counts, true)[outcome.held()] > 0;
  }

  /**
   * Decides.
   *
   * @param counts number of each row in the target; null if that shows nothing
   */
  static Outcome decide(List<Unit> units, @Nullable Map<?, Long> counts) {
    return decide(units, counts, false);
  }

  private static Outcome decide(List<Unit> units, @Nullable Map<?, Long> counts, boolean distinct) {
    long[] wrong = counts == null ? new long[units.size() + 1] : wrong(units, counts, distinct);
    int low = 0;
    int high = units.size();
    for (int i = units.size() - 1; i >= 0; i--) {
      if (units.get(i).judgement() == Judgement.MISSING) {
        high = i;
      }
    }
    for (int i = 0; i < high; i++) {
      if (units.get(i).judgement() == Judgement.HELD) {
        low = i + 1;
      }
    }
    long least = Long.MAX_VALUE;
    for (int held = low; held <= high; held++) {
      least = Math.min(least, wrong[held]);
    }
    return among(units, wrong, low, high, least);
  }

  private static Outcome among(List<Unit> units, long[] wrong, int low, int high, long least) {
    int first = -1;
    int last = -1;
    int best = -1;
    int bestAgainst = Integer.MAX_VALUE;
    for (int held = low; held <= high; held++) {
      if (wrong[held] == least) {
        first = first < 0 ? held : first;
        last = held;
        int against = against(units, held);
        if (against < bestAgainst) {
          best = held;
          bestAgainst = against;
        }
      }
    }
    // Rows that fit no place are not the source's: then nothing between is proven.
    return least > 0 ? new Outcome(best, low, high) : new Outcome(best, first, last);
  }

  /** Number of units whose judgement differs. */
  private static int against(List<Unit> units, int held) {
    int against = 0;
    for (int i = 0; i < units.size(); i++) {
      against += units.get(i).judgement().held() == i < held ? 0 : 1;
    }
    return against;
  }

  /** Number of contradicting rows for each place. */
  private static long[] wrong(List<Unit> units, Map<?, Long> counts, boolean distinct) {
    Map<Object, List<Touch>> touches = new HashMap<>();
    for (int i = 0; i < units.size(); i++) {
      int unit = i;
      units
          .get(i)
          .effects()
          .forEach(
              (row, by) ->
                  touches.computeIfAbsent(row, r -> new ArrayList<>()).add(new Touch(unit, by)));
    }
    long[] wrong = new long[units.size() + 1];
    touches.forEach(
        (row, of) -> {
          Long count = counts.get(row);
          if (count != null) {
            add(wrong, of, count, distinct);
          }
        });
    return wrong;
  }

  private static void add(long[] wrong, List<Touch> of, long count, boolean distinct) {
    int from = 0;
    for (int held = 0; held <= of.size(); held++) {
      int to = held == of.size() ? wrong.length - 1 : of.get(held).unit();
      long against = back(of, held, count, distinct) + on(of, held, count, distinct);
      for (int place = from; place <= to; place++) {
        wrong[place] += against;
      }
      from = to + 1;
    }
  }

  /** Contradictions to the first {@code held} touches being in the count. */
  private static long back(List<Touch> of, int held, long count, boolean distinct) {
    long against = 0;
    long there = count;
    for (int i = held - 1; i >= 0; i--) {
      there -= of.get(i).by();
      against += unlikely(there, distinct);
      there = Math.max(0, there);
    }
    return against;
  }

  /** Contradictions to the later ones not being in it. */
  private static long on(List<Touch> of, int held, long count, boolean distinct) {
    long against = 0;
    long there = count;
    for (int i = held; i < of.size(); i++) {
      there += of.get(i).by();
      against += unlikely(there, distinct);
      there = Math.max(0, there);
    }
    return against;
  }

  private static long unlikely(long there, boolean distinct) {
    if (there < 0) {
      return -there;
    }
    return distinct && there > 1 ? there - 1 : 0;
  }
}
