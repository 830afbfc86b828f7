package dev.creek.consumer.testing.producer;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A source table as PostgreSQL describes it, in a Relation message or in its catalog.
 *
 * @param replicaIdentity {@code d}, {@code n}, {@code f} or {@code i}
 */
record Relation(
    int oid, String namespace, String name, char replicaIdentity, List<SourceColumn> columns) {

  private static final Pattern AVRO_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  Relation {
    columns = List.copyOf(columns);
  }

  /** Whether a column's values may be NULL as far as the schema says: not what the table says. */
  boolean nullable(SourceColumn column) {
    return replicaIdentity != 'd' || !column.key();
  }

  /** Indices of the key columns. */
  List<Integer> keyColumns() {
    return IntStream.range(0, columns.size()).filter(i -> columns.get(i).key()).boxed().toList();
  }

  /** Whether table and columns have names that Avro takes; a table without has no wire. */
  boolean hasAvroNames() {
    return isAvroName(name) && columns.stream().allMatch(c -> isAvroName(c.name()));
  }

  String qualifiedName() {
    return namespace + '.' + name;
  }

  private static boolean isAvroName(String name) {
    return AVRO_NAME.matcher(name).matches();
  }
}
