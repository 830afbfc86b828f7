package dev.creek.consumer.control;

/**
 * What helps in more than one case, in the words of each place where it may be done: a shell, SQL,
 * and a program that uses the library.
 */
public final class Remedy {
  private Remedy() {}

  /** All rows anew, and the position with them. */
  public static String resync(Mapping mapping) {
    return "creek-consumer resync '%s' replaces all rows (SQL: resync('%s'); a program: snapshot(mapping, SnapshotMode.CLEAN), then addTable(mapping))"
        .formatted(mapping, mapping.toString().replace("'", "''"));
  }

  /** The table as the source has it, without rows. */
  public static String create(Mapping mapping) {
    return "creek-consumer create-schemas '%s' creates it (a program: createTable(mapping))"
        .formatted(mapping);
  }

  /** Without one change. */
  public static String skip(TargetTable target) {
    return "pass over the change, N being its stream sequence: skip_change('%s', N) in SQL (a program: skipChange)"
        .formatted(target.toString().replace("'", "''"));
  }
}
