package dev.creek.consumer.source;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SourceException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.avro.RowDecoder;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireField;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the public changes of those of the wire, for one subscription. Not thread-safe.
 *
 * @param <T> the type of full rows
 */
final class ChangeReader<T> {
  private final RowMapper<T> mapper;
  private final Function<WalSchema, SourceTable> tables;
  private final SnapshotHoldings holdings;
  private final IdentityHashMap<WalSchema, Images> images = new IdentityHashMap<>();
  private @Nullable Images last;

  /** The schema of the newest change of each table, as far as marks are concerned. */
  private final Map<SourceTable, WalSchema> schemas = new HashMap<>();

  /** The schema of the last change, for which nothing needs to be looked up. */
  private @Nullable WalSchema marked;

  /** The images of one schema. */
  private static final class Images {
    private final WalSchema of;
    private final RowDecoder before;
    private final RowDecoder after;
    private final TableSchema key;
    private final TableSchema row;

    /** REPLICA IDENTITY FULL. */
    private final boolean full;

    private final boolean hasKey;

    Images(WalSchema of, SourceTable table) {
      String fingerprint = of.fingerprint().toString();
      this.of = of;
      before = RowDecoder.of(table, of.before());
      after = RowDecoder.of(table, of.after());
      key = TableSchema.of(table, fingerprint, of.before(), before.schema());
      row = TableSchema.of(table, fingerprint, of.after(), after.schema());
      full = isFull(of);
      hasKey = !of.before().fields().isEmpty();
    }
  }

  /** All columns, each nullable. A table may consist of its key, which is not nullable. */
  static boolean isFull(WalSchema schema) {
    List<WireField> columns = schema.before().columns();
    return columns.size() == schema.after().columns().size()
        && !columns.isEmpty()
        && columns.stream().allMatch(column -> column.slot().nullable());
  }

  /**
   * @param tables of the schemas that changes have
   * @param holdings what snapshots may hold of the changes
   */
  ChangeReader(
      RowMapper<T> mapper, Function<WalSchema, SourceTable> tables, SnapshotHoldings holdings) {
    this.mapper = mapper;
    this.tables = tables;
    this.holdings = holdings;
  }

  /** All of these, in order, with the marks between them; throws as for one. */
  Elements<T> read(List<Change> changes) {
    var made = new Elements.Collector<T>(changes.size());
    for (Change change : changes) {
      Supplier<Mark<T>> mark = mark(change);
      if (mark != null) {
        made.add(mark.get());
      }
      made.add(read(change));
    }
    return made.done();
  }

  /** The same one by one, each to be read in its turn. */
  List<Supplier<Element<T>>> inTurn(List<Change> changes) {
    List<Supplier<Element<T>>> elements = new ArrayList<>(changes.size());
    for (Change change : changes) {
      Supplier<Mark<T>> mark = mark(change);
      if (mark != null) {
        elements.add(mark::get);
      }
      elements.add(() -> read(change));
    }
    return elements;
  }

  /** The mark before a change; null if its table has had this schema. To be asked once for each. */
  @SuppressWarnings("ReferenceEquality") // one instance for each fingerprint of a table
  private @Nullable Supplier<Mark<T>> mark(Change change) {
    WalSchema schema = change.schema();
    if (schema == marked) {
      return null;
    }
    marked = schema;
    WalSchema before = schemas.put(tables.apply(schema), schema);
    return before == schema
        ? null
        : () ->
            new Mark.SchemaChanged<>(
                images(schema).row.table(),
                change.sequence(),
                before == null ? null : images(before).row,
                images(schema).row);
  }

  /**
   * One change.
   *
   * @throws SourceException.Undecodable if its bytes are no row
   * @throws SourceException.Unmappable if the mapper refuses the row
   */
  dev.creek.consumer.source.Change<T> read(Change change) {
    Images of = images(change.schema());
    var origin =
        new Origin(
            of.row.table(),
            of.row,
            change.sequence(),
            change.transactionId(),
            change.committedAtMicros(),
            change.lsn(),
            holdings.mayHold(of.row.table(), change));
    try {
      return read(change, of, origin);
    } catch (MessageException e) {
      throw SourceErrors.undecodable(origin.table(), e, change.sequence());
    }
  }

  private dev.creek.consumer.source.Change<T> read(Change change, Images of, Origin origin) {
    return switch (change.operation()) {
      case INSERT, READ -> new dev.creek.consumer.source.Change.Insert<>(origin, row(change, of));
      case UPDATE ->
          new dev.creek.consumer.source.Change.Update<>(
              origin, key(change, of), null, row(change, of));
      case UPDATE_KEY -> {
        Row before = keyThere(change, of);
        yield of.full
            ? new dev.creek.consumer.source.Change.Update<>(
                origin, before, map(before, change), row(change, of))
            : new dev.creek.consumer.source.Change.KeyChange<>(origin, before, row(change, of));
      }
      case DELETE -> {
        Row before = keyThere(change, of);
        yield new dev.creek.consumer.source.Change.Delete<>(
            origin, before, of.full ? map(before, change) : null);
      }
      case TRUNCATE -> new dev.creek.consumer.source.Change.Truncate<>(origin);
    };
  }

  private T row(Change change, Images of) {
    return map(
        new Row(of.row, of.after.decode(change.data(), change.after(), change.end(), true)),
        change);
  }

  private static @Nullable Row key(Change change, Images of) {
    return change.before() < 0 || !of.hasKey ? null : keyThere(change, of);
  }

  private static Row keyThere(Change change, Images of) {
    return new Row(of.key, of.before.decode(change.data(), change.before(), change.end(), false));
  }

  private T map(Row row, Change change) {
    try {
      return mapper.map(row);
    } catch (RuntimeException e) {
      throw SourceErrors.unmappable(row.schema().table(), e, change.sequence());
    }
  }

  @SuppressWarnings("ReferenceEquality") // one instance for each fingerprint of a table
  private Images images(WalSchema schema) {
    Images known = last;
    if (known == null || known.of != schema) {
      known = images.computeIfAbsent(schema, unknown -> new Images(unknown, tables.apply(unknown)));
      last = known;
    }
    return known;
  }
}
