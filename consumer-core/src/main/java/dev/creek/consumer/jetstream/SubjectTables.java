package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.SourceTable;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The tables of a database by the subjects of their changes, one object each. Not thread-safe. */
final class SubjectTables {
  private final Map<String, Optional<SourceTable>> known = new HashMap<>();
  private final Function<String, Optional<SourceTable>> find;

  /**
   * @param find the table of a subject, if it is one of the database's
   */
  SubjectTables(Function<String, Optional<SourceTable>> find) {
    this.find = find;
  }

  /** Null for subjects of other databases. */
  @Nullable SourceTable of(String subject) {
    return known.computeIfAbsent(subject, find).orElse(null);
  }
}
