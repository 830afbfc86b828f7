package dev.creek.consumer.row;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The keys of a change's row, read from its images. Immutable. */
final class ImageKeys {
  private final String target;
  private final List<PlanColumn> columns;
  private final @Nullable KeyReader before;
  private final @Nullable KeyReader after;
  private final String remedy;

  /**
   * @param remedy what to do if two rows of the source have the same values in these columns
   */
  ImageKeys(TargetShape target, WalSchema schema, List<ColumnPlan> columns, String remedy) {
    this.remedy = remedy;
    this.target = SqlName.of(target);
    this.columns = columns.stream().map(ColumnPlan::column).toList();
    this.before = reader(schema.before(), columns);
    this.after = reader(schema.after(), columns);
  }

  /** Null if no row can be found by this image. */
  private static @Nullable KeyReader reader(RecordShape image, List<ColumnPlan> columns) {
    return columns.isEmpty() ? null : KeyReader.of(image, columns);
  }

  List<PlanColumn> columns() {
    return columns;
  }

  /** Adds the values, one after the other, that find the row as it was. */
  void before(AvroCursor in, Change change, ValueColumn into) {
    if (before == null || change.before() < 0) {
      throw noImage(change, "before");
    }
    before.read(in, change.data(), change.before(), change.end(), change.sequence(), into);
  }

  /** Adds the values, one after the other, that find the row as it is now. */
  void after(AvroCursor in, Change change, ValueColumn into) {
    if (after == null || change.after() < 0) {
      throw noImage(change, "after");
    }
    after.read(in, change.data(), change.after(), change.end(), change.sequence(), into);
  }

  /** Columns for keys of this total size. */
  ValueColumn[] newColumns(int bytes) {
    var into = new ValueColumn[columns.size()];
    for (int i = 0; i < into.length; i++) {
      into[i] = new ValueColumn(Math.max(16, bytes / into.length));
    }
    return into;
  }

  /** Copies the values that begin at {@code from} to their columns. */
  static void split(byte[] values, int from, ValueColumn[] into) {
    int at = from;
    for (ValueColumn column : into) {
      column.addEncoded(values, at);
      at = ValueColumn.end(values, at);
    }
  }

  /**
   * The error for a NULL in the key that begins at {@code from}: it would find no row, and the row
   * would stay forever, or come twice.
   */
  ShapeMismatchException nullInKey(Change change, byte[] values, int from) {
    int column = 0;
    for (int at = from; !ValueColumn.isNull(values, at); at = ValueColumn.end(values, at)) {
      column++;
    }
    return new ShapeMismatchException(
        "message at sequence %d: column %s is NULL, and the rows of %s are found by it"
            .formatted(change.sequence(), SqlName.quote(columns.get(column).name()), target),
        "give " + target + " a primary key whose columns are never NULL in the source");
  }

  /**
   * The error for a new row whose key a row of the target already has: the source distinguishes the
   * two, and the target cannot.
   */
  ShapeMismatchException secondRow(long sequence) {
    return new ShapeMismatchException(
        "message at sequence %d: a row of %s with the same (%s) is there, and the source tells the two apart"
            .formatted(
                sequence,
                target,
                columns.stream()
                    .map(column -> SqlName.quote(column.name()))
                    .collect(Collectors.joining(", "))),
        remedy);
  }

  private static MessageException noImage(Change change, String image) {
    return new MessageException(
        "message at sequence %d: %s without a usable %s image"
            .formatted(change.sequence(), change.operation(), image));
  }
}
