package dev.creek.consumer.postgres.position;

import io.r2dbc.spi.Readable;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The known state of a target beside the present one.
 *
 * @param knownOid null if nothing is known yet
 * @param wasFilled whether it has held rows, as far as is known
 * @param oid null if there is no such table
 * @param columns entries of the columns of the changes
 * @param dropped known entries of columns that were dropped
 * @param crashed whether it is empty and of a kind that a crash empties
 */
record TargetComparison(
    @Nullable Long knownOid,
    Set<String> knownFiles,
    List<String> knownColumns,
    boolean wasFilled,
    @Nullable Long oid,
    Set<String> files,
    List<String> columns,
    List<String> dropped,
    boolean crashed) {

  static TargetComparison of(Readable row) {
    return new TargetComparison(
        row.get("known_oid", Long.class),
        Set.copyOf(entries(row, "known_files")),
        entries(row, "known_columns"),
        Boolean.TRUE.equals(row.get("was_filled", Boolean.class)),
        row.get("oid", Long.class),
        Set.copyOf(entries(row, "files")),
        entries(row, "columns"),
        entries(row, "dropped"),
        Boolean.TRUE.equals(row.get("crashed", Boolean.class)));
  }

  private static List<String> entries(Readable row, String name) {
    String[] entries = row.get(name, String[].class);
    return entries == null ? List.of() : List.of(entries);
  }

  /** Tables that are still there, with another file of the same persistence. */
  Stream<Long> rewritten() {
    Set<String> knownKinds =
        knownFiles.stream().map(TargetComparison::kind).collect(Collectors.toSet());
    return files.stream()
        .filter(file -> !knownFiles.contains(file) && knownKinds.contains(kind(file)))
        .map(TargetComparison::number);
  }

  /** A file's table and persistence. */
  private static String kind(String file) {
    return number(file) + file.substring(file.length() - 1);
  }

  boolean lostPartitions() {
    Set<Long> there = files.stream().map(TargetComparison::number).collect(Collectors.toSet());
    return !there.containsAll(knownTables());
  }

  private Set<Long> knownTables() {
    return knownFiles.stream().map(TargetComparison::number).collect(Collectors.toSet());
  }

  /**
   * The columns of the next changes, if no plan determines them: the earlier ones, by number or
   * name.
   */
  List<String> follow() {
    Set<String> droppedNames =
        dropped.stream().map(TargetComparison::name).collect(Collectors.toSet());
    return Stream.concat(
            knownColumns.stream().filter(entry -> !dropped.contains(entry)),
            columns.stream().filter(entry -> droppedNames.contains(name(entry))))
        .distinct()
        .toList();
  }

  /** Names of those columns that are not among the known ones. */
  List<String> fresh(List<String> entries) {
    Set<Long> numbers =
        knownColumns.stream().map(TargetComparison::number).collect(Collectors.toSet());
    return numbers.isEmpty()
        ? List.of()
        : entries.stream()
            .filter(entry -> !numbers.contains(number(entry)))
            .map(TargetComparison::name)
            .toList();
  }

  private static long number(String entry) {
    return Long.parseLong(entry.substring(0, entry.indexOf(':')));
  }

  private static String name(String entry) {
    return entry.substring(entry.indexOf(':') + 1);
  }
}
