package dev.creek.consumer.text;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Finds the names that were probably meant. */
public final class SimilarNames {
  private SimilarNames() {}

  /**
   * The most similar first, by the number of letters to insert, drop or replace, ignoring case;
   * none of which more than a third would change.
   *
   * @param names names of the candidates
   */
  public static <T> List<T> to(
      String typed, Collection<T> candidates, Function<T, String> names, int most) {
    String wanted = typed.toLowerCase(Locale.ROOT);
    int limit = Math.max(1, typed.length() / 3);
    record Near<T>(T candidate, String name, int distance) {}
    return candidates.stream()
        .map(it -> new Near<>(it, names.apply(it), 0))
        .filter(it -> !it.name().equals(typed))
        .filter(it -> Math.abs(it.name().length() - typed.length()) <= limit)
        .map(
            it ->
                new Near<>(
                    it.candidate(),
                    it.name(),
                    distance(wanted, it.name().toLowerCase(Locale.ROOT))))
        .filter(it -> it.distance() <= limit)
        .sorted(Comparator.<Near<T>>comparingInt(Near::distance).thenComparing(Near::name))
        .limit(most)
        .map(Near::candidate)
        .toList();
  }

  /** Levenshtein's distance, row by row. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
