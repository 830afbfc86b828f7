package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Subjects;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one database by their subjects, each one object for as long as it is read, so that
 * a reader may compare them by identity. One entry a subject, also for those of other databases.
 * Thread-safe.
 */
final class DatabaseTables {
  private final String database;
  private final Map<String, Optional<SourceTable>> bySubject = new ConcurrentHashMap<>();

  DatabaseTables(String database) {
    this.database = database;
  }

  /** The table whose changes have this subject; null if it is none of the database's. */
  @Nullable SourceTable of(Subjects names, String subject) {
    Optional<SourceTable> known = bySubject.get(subject);
    if (known == null) {
      known =
          bySubject.computeIfAbsent(
              subject, unknown -> Optional.ofNullable(names.walTable(database, unknown)));
    }
    return known.orElse(null);
  }
}
