package dev.creek.consumer.wire;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.text.SubjectToken;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The names of streams and subjects of a Creek namespace. The producer puts names into subjects as
 * they are. So a name with a dot looks like two names, and a name with a space breaks the protocol.
 * Such names are refused with {@link IllegalArgumentException}, whose message is for the user.
 *
 * @param generation which producer's names
 * @param namespace the producer's namespace, {@code CREEK} by default
 */
public record Subjects(Generation generation, String namespace) {
  private static final List<String> KINDS = List.of("wal", "schema", "snap");

  public Subjects {
    SubjectToken.require(namespace, "namespace");
  }

  /** The stream of row changes. */
  public String walStream(String database) {
    return stream("wal", database);
  }

  /** The stream of schemas. */
  public String schemaStream(String database) {
    return stream("schema", database);
  }

  /** The stream of snapshots. */
  public String snapshotStream(String database) {
    return stream("snap", database);
  }

  /** Pattern of the subjects of all tables' row changes. */
  public String walSubjects(String database) {
    return prefix("wal", database) + ".>";
  }

  /** Pattern of the subjects of all tables' schemas. */
  public String schemaSubjects(String database) {
    return prefix("schema", database) + ".>";
  }

  /** Pattern of the subjects of all tables' snapshots. */
  public String snapshotSubjects(String database) {
    return prefix("snap", database) + ".>";
  }

  /** The table of a message with this subject; null if the subject is not one of the database's. */
  public @Nullable SourceTable sourceOf(String database, String subject) {
    for (String kind : KINDS) {
      String prefix = prefix(kind, database) + ".";
      if (subject.startsWith(prefix)) {
        int tokens = kind.equals("snap") ? 3 : 2;
        return table(database, subject.substring(prefix.length()), tokens);
      }
    }
    return null;
  }

  /** The table whose row changes have this subject; null if it is none of the database's. */
  public @Nullable SourceTable walTable(String database, String subject) {
    String prefix = prefix("wal", database) + ".";
    return subject.startsWith(prefix)
        ? table(database, subject.substring(prefix.length()), 2)
        : null;
  }

  private static @Nullable SourceTable table(String database, String tokens, int count) {
    String[] parts = tokens.split("\\.", -1);
    return parts.length == count ? new SourceTable(database, parts[0], parts[1]) : null;
  }

  /** The database whose row changes a stream of a new producer holds; null for other streams. */
  public static @Nullable String databaseOf(String namespace, String stream) {
    String prefix = namespace + "_wal_";
    return stream.startsWith(prefix) && stream.length() > prefix.length()
        ? stream.substring(prefix.length())
        : null;
  }

  /** The stream that holds the row changes of all databases of old producers. */
  public static String oldWalStream(String namespace) {
    return new Subjects(Generation.OLD, namespace).stream("wal", "any");
  }

  /** The database that a pattern of an old producer's stream is for; null for other patterns. */
  public static @Nullable String oldDatabaseOf(String namespace, String pattern) {
    String[] parts = pattern.split("\\.", -1);
    boolean fits = parts.length == 4 && parts[0].equals(namespace) && parts[2].equals("wal");
    return fits && SubjectToken.fits(parts[1]) ? parts[1] : null;
  }

  /** Subject of a table's row changes. */
  public String walSubject(SourceTable source) {
    return subject("wal", source);
  }

  /** Subject of a table's schemas. */
  public String schemaSubject(SourceTable source) {
    return subject("schema", source);
  }

  /** Pattern of the subjects of a table's snapshots, one subject each. */
  public String snapshotSubjects(SourceTable source) {
    return subject("snap", source) + ".*";
  }

  /**
   * The names of the generation to which {@code subject}, one of the table's snapshots, belongs:
   * snapshots outlive a change of the producer.
   *
   * @throws IllegalArgumentException with a message for the user, if it is none of this table's
   */
  public static Subjects ofSnapshot(String namespace, SourceTable source, String subject) {
    for (Generation generation : Generation.values()) {
      var names = new Subjects(generation, namespace);
      if (names.isSnapshot(source, subject)) {
        return names;
      }
    }
    throw new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "'%s' is no snapshot of %s: those are named %s",
            subject,
            source,
            Stream.of(Generation.values())
                .map(generation -> new Subjects(generation, namespace).snapshotSubjects(source))
                .collect(Collectors.joining(" or "))));
  }

  private boolean isSnapshot(SourceTable source, String subject) {
    String prefix = subject("snap", source) + ".";
    return subject.startsWith(prefix) && SubjectToken.fits(subject.substring(prefix.length()));
  }

  /** Subject of requests for a schema. */
  public String schemaRequest(String database) {
    return request("schema", "_schema", database);
  }

  /** Subject of requests for a snapshot. */
  public String snapshotRequest(String database) {
    return request("snap", "_snapshot", database);
  }

  private String stream(String kind, String database) {
    SubjectToken.require(database, "database");
    return switch (generation) {
      case OLD -> namespace + '_' + kind;
      case NEW -> namespace + '_' + kind + '_' + database;
    };
  }

  private String subject(String kind, SourceTable source) {
    return String.join(
        ".",
        prefix(kind, source.database()),
        SubjectToken.require(source.namespace(), "schema"),
        SubjectToken.require(source.table(), "table"));
  }

  private String prefix(String kind, String database) {
    return switch (generation) {
      case OLD -> namespace + '.' + SubjectToken.require(database, "database") + '.' + kind;
      case NEW -> stream(kind, database);
    };
  }

  private String request(String newKind, String oldName, String database) {
    return switch (generation) {
      case OLD -> namespace + '.' + oldName;
      case NEW -> stream(newKind, database);
    };
  }
}
