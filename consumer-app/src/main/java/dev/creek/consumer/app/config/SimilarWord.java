package dev.creek.consumer.app.config;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Finds the word that was meant. */
final class SimilarWord {
  private SimilarWord() {}

  /**
   * The nearest of the words, by the number of letters to insert, drop or replace; null where none
   * is near: more than a third of the word would change.
   */
  static @Nullable String to(String typed, Collection<String> words) {
    String nearest = null;
    int best = Math.max(1, typed.length() / 3) + 1;
    for (String word : words) {
      int distance = distance(typed, word);
      if (distance < best) {
        best = distance;
        nearest = word;
      }
    }
    return nearest;
  }

  /** Levenshtein's, row by row. */
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
