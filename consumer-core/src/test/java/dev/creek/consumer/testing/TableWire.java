package dev.creek.consumer.testing;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.WalSchema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * A source table as a Creek producer would publish it: its schema's JSON and its WAL messages,
 * built by Avro's own encoder. Immutable; every method that sets something returns a copy.
 *
 * <pre>{@code
 * var orders = TableWire.of("app", "orders")
 *     .column("id", "int4", KEY)
 *     .column("note", "text")
 *     .column("amount", "numeric(10,2)")
 *     .column("tags", "text[]");
 * var tx = WalTx.of(7);
 * byte[] payload = orders.insert(tx, 1, "first", "9.90", List.of("a", "b")).packet();
 * }</pre>
 *
 * <p>Rows are given by position, or as a map by name (absent: NULL). {@link WireValues} says which
 * Java values stand for which type.
 */
public final class TableWire {

  /** What a column is part of. */
  public enum Flag {
    /** The primary key. */
    KEY,
    /** The index of {@link Identity#INDEX}. */
    INDEX
  }

  /** The source table's REPLICA IDENTITY. */
  public enum Identity {
    DEFAULT,
    FULL,
    INDEX,
    NONE
  }

  record Column(String name, String pgType, Set<Flag> flags) {}

  private final SourceTable source;
  private final List<Column> columns;
  private final Identity identity;
  private final Generation generation;
  private final Schema schema;

  private TableWire(
      SourceTable source, List<Column> columns, Identity identity, Generation generation) {
    this.source = source;
    this.columns = List.copyOf(columns);
    this.identity = identity;
    this.generation = generation;
    this.schema = new Schema.Parser().parse(schemaText());
  }

  /** A table without columns of database {@code source}, REPLICA IDENTITY DEFAULT, OLD wire. */
  public static TableWire of(String namespace, String table) {
    return of(new SourceTable("source", namespace, table));
  }

  /** As {@link #of(String, String)}, of any database. */
  public static TableWire of(SourceTable source) {
    return new TableWire(source, List.of(), Identity.DEFAULT, Generation.OLD);
  }

  /**
   * Adds a column.
   *
   * @param pgType PostgreSQL type as the producer names it ({@code int4}, {@code timestamptz}, …),
   *     with precision and scale for {@code numeric(p,s)}, with {@code []} for an array
   */
  public TableWire column(String name, String pgType, Flag... flags) {
    var more = new ArrayList<>(columns);
    more.add(new Column(name, pgType, Set.of(flags)));
    return new TableWire(source, more, identity, generation);
  }

  public TableWire identity(Identity next) {
    return new TableWire(source, columns, next, generation);
  }

  public TableWire generation(Generation next) {
    return new TableWire(source, columns, identity, next);
  }

  public SourceTable source() {
    return source;
  }

  public Generation generation() {
    return generation;
  }

  public Identity identity() {
    return identity;
  }

  public List<String> columnNames() {
    return columns.stream().map(Column::name).toList();
  }

  /** The schema as the producer publishes it: the {@code schema} member of a schema message. */
  public String schemaText() {
    return WireSchemas.walSchema(this);
  }

  /**
   * The schema's key. Not the producer's own number, which hashes another canonical form; the
   * consumer must take it as opaque.
   */
  public Fingerprint fingerprint() {
    return new Fingerprint(SchemaNormalization.parsingFingerprint64(schema));
  }

  /** The schema as the consumer parses it. */
  public WalSchema walSchema() {
    return WalSchema.parse(fingerprint(), schemaText());
  }

  /** The schema message as the schema stream holds it, before framing. */
  public String schemaMessage() {
    return WireSchemas.schemaMessage(this);
  }

  /** Values by column, from positions. */
  public Map<String, Object> row(Object... values) {
    if (values.length != columns.size()) {
      throw new IllegalArgumentException(
          values.length + " values for " + columns.size() + " columns");
    }
    var row = new LinkedHashMap<String, Object>();
    for (int i = 0; i < values.length; i++) {
      row.put(columns.get(i).name(), values[i]);
    }
    return row;
  }

  public WalBytes insert(WalTx tx, Object... values) {
    return insert(tx, row(values));
  }

  public WalBytes insert(WalTx tx, Map<String, ?> row) {
    return WalBytes.encode(this, tx, "c", null, row);
  }

  /**
   * An update that keeps what identifies the row; {@code u_pk} where it is REPLICA IDENTITY FULL.
   */
  public WalBytes update(WalTx tx, Object... values) {
    var row = row(values);
    return update(tx, row, row);
  }

  /** An update: {@code u}, or {@code u_pk} where the identity changes or is FULL. */
  public WalBytes update(WalTx tx, Map<String, ?> before, Map<String, ?> after) {
    if (identity == Identity.NONE) {
      throw new IllegalStateException("PostgreSQL refuses updates without a replica identity");
    }
    var was = identityOf(before);
    boolean keyChange = identity == Identity.FULL || !was.equals(identityOf(after));
    return WalBytes.encode(this, tx, keyChange ? "u_pk" : "u", was, after);
  }

  /** A delete; only the columns of the identity are looked at. */
  public WalBytes delete(WalTx tx, Map<String, ?> row) {
    if (identity == Identity.NONE) {
      throw new IllegalStateException("PostgreSQL refuses deletes without a replica identity");
    }
    return WalBytes.encode(this, tx, "d", identityOf(row), null);
  }

  public WalBytes truncate(WalTx tx) {
    return WalBytes.encode(this, tx, "t", null, null);
  }

  Schema schema() {
    return schema;
  }

  /** The schema of full rows. */
  Schema rowSchema() {
    return schema.getField("after").schema().getTypes().get(1);
  }

  List<Column> columns() {
    return columns;
  }

  List<Column> identityColumns() {
    return columns.stream().filter(this::identifies).toList();
  }

  boolean identifies(Column column) {
    return switch (identity) {
      case DEFAULT -> column.flags().contains(Flag.KEY);
      case INDEX -> column.flags().contains(Flag.INDEX);
      case FULL -> true;
      case NONE -> false;
    };
  }

  /** What identifies a row: its columns of the replica identity. */
  public Map<String, Object> identityOf(Map<String, ?> row) {
    var names = identityColumns().stream().map(Column::name).collect(Collectors.toSet());
    var known = new HashMap<String, Object>(row);
    known.keySet().retainAll(names);
    if (identity != Identity.FULL && !known.keySet().equals(names)) {
      throw new IllegalArgumentException("a row needs " + names);
    }
    known.values().removeIf(Objects::isNull);
    return known;
  }
}
