package dev.creek.consumer.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Walks two sorted results side by side, and keeps the first differences. */
final class RowDifferences {

  private static final int KEPT = 10;
  private static final int SHOWN_CHARS = 60;

  private final List<TableReader.Column> columns;
  private final String key;
  private final List<String> first = new ArrayList<>();
  private long count;

  RowDifferences(List<TableReader.Column> columns) {
    this.columns = columns;
    String names =
        columns.stream()
            .filter(TableReader.Column::key)
            .map(TableReader.Column::name)
            .collect(Collectors.joining(", "));
    this.key = names.isEmpty() ? "row" : names;
  }

  List<String> first() {
    return List.copyOf(first);
  }

  long count() {
    return count;
  }

  void add(String difference) {
    count++;
    if (first.size() < KEPT) {
      first.add(difference);
    }
  }

  /** Both results have the key's text first, by which they are sorted, then the columns. */
  void find(ResultSet source, ResultSet target) throws SQLException {
    boolean here = source.next();
    boolean there = target.next();
    while (here || there) {
      int order = order(here ? source.getString(1) : null, there ? target.getString(1) : null);
      if (order < 0) {
        add(name(source) + " is missing at the target");
      } else if (order > 0) {
        add(name(target) + " is only at the target");
      } else {
        compareValues(source, target);
      }
      here = order <= 0 ? source.next() : here;
      there = order >= 0 ? target.next() : there;
    }
  }

  /** An ended side comes after everything. */
  private static int order(@Nullable String source, @Nullable String target) {
    if (source == null || target == null) {
      return source == null ? 1 : -1;
    }
    return Arrays.compareUnsigned(source.getBytes(UTF_8), target.getBytes(UTF_8));
  }

  private void compareValues(ResultSet source, ResultSet target) throws SQLException {
    List<String> unequal = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      String here = source.getString(i + 2);
      String there = target.getString(i + 2);
      if (!Objects.equals(here, there)) {
        unequal.add(
            "%s is %s at the source, %s at the target"
                .formatted(columns.get(i).name(), shown(here), shown(there)));
      }
    }
    if (!unequal.isEmpty()) {
      add(name(source) + ": " + String.join("; ", unequal));
    }
  }

  private String name(ResultSet row) throws SQLException {
    return key + " " + shown(row.getString(1));
  }

  private static String shown(@Nullable String value) {
    if (value == null) {
      return "null";
    }
    return value.length() <= SHOWN_CHARS ? value : value.substring(0, SHOWN_CHARS) + "…";
  }
}
