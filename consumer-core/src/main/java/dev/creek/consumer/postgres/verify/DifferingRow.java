package dev.creek.consumer.postgres.verify;

import dev.creek.consumer.postgres.verify.ComparedSide.Hashed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A row that differed in the last comparison.
 *
 * @param source hash on the source (without a key: number of surplus rows), null if it has none
 * @param target the same of the target
 * @param changedAt time when the source's was last seen to change
 */
record DifferingRow(
    List<String> key, @Nullable Long source, @Nullable Long target, long changedAt) {

  boolean equal() {
    return Objects.equals(source, target);
  }

  DifferingRow seen(@Nullable Long sourceNow, @Nullable Long targetNow) {
    boolean same = Objects.equals(source, sourceNow);
    return new DifferingRow(key, sourceNow, targetNow, same ? changedAt : System.nanoTime());
  }

  static List<DifferingRow> byKey(List<Hashed> source, List<Hashed> target) {
    var left = new LinkedHashMap<List<String>, Long>();
    source.forEach(row -> left.put(row.key(), row.hash()));
    var found = new ArrayList<DifferingRow>();
    for (Hashed row : target) {
      Long hash = left.remove(row.key());
      if (hash == null || hash != row.hash()) {
        found.add(new DifferingRow(row.key(), hash, row.hash(), System.nanoTime()));
      }
    }
    left.forEach((key, hash) -> found.add(new DifferingRow(key, hash, null, System.nanoTime())));
    return found;
  }

  /** Number of surplus rows with each content on one side; null and not 0 if there is none. */
  static List<DifferingRow> byCount(List<Hashed> source, List<Hashed> target) {
    var surplus = new HashMap<List<String>, Long>();
    source.forEach(row -> surplus.merge(row.key(), 1L, Long::sum));
    target.forEach(row -> surplus.merge(row.key(), -1L, Long::sum));
    var found = new ArrayList<DifferingRow>();
    surplus.forEach(
        (look, rows) -> {
          if (rows != 0) {
            found.add(
                new DifferingRow(
                    look, rows > 0 ? rows : null, rows < 0 ? -rows : null, System.nanoTime()));
          }
        });
    return found;
  }
}
