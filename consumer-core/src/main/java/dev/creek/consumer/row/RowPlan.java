package dev.creek.consumer.row;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WireField;
import dev.creek.consumer.wire.WireMessage;
import dev.creek.consumer.wire.WireType.Slot;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The plan for turning records of one shape into rows of one target table. Immutable and
 * thread-safe.
 */
public final class RowPlan {
  private final List<PlanColumn> columns;
  private final @Nullable PlanKey key;
  private final boolean overridesIdentity;
  private final String[] names;
  private final Slot[] slots;

  /** By field; null if it is not written. */
  private final @Nullable SlotTranscoder[] transcoders;

  /** The same for COPY; null if one of them could not write its column. */
  private final @Nullable SlotTranscoder @Nullable [] copying;

  RowPlan(
      RecordShape shape,
      Map<String, ColumnPlan> written,
      List<ColumnPlan> order,
      @Nullable PlanKey key) {
    this.columns = order.stream().map(ColumnPlan::column).toList();
    this.key = key;
    this.overridesIdentity = order.stream().anyMatch(column -> column.target().alwaysIdentity());
    int fields = shape.fields().size();
    this.names = new String[fields];
    this.slots = new Slot[fields];
    this.transcoders = new SlotTranscoder[fields];
    for (int i = 0; i < fields; i++) {
      WireField field = shape.fields().get(i);
      names[i] = field.name();
      slots[i] = field.slot();
      ColumnPlan column = field.repeated() ? null : written.get(field.name());
      transcoders[i] = column == null ? null : column.transcoder(field);
    }
    this.copying = copying(shape, written);
  }

  private RowPlan(RowPlan whole, Set<String> only) {
    this.columns = whole.columns.stream().filter(column -> only.contains(column.name())).toList();
    this.key = null;
    this.overridesIdentity = false;
    this.names = whole.names;
    this.slots = whole.slots;
    this.transcoders = whole.transcoders.clone();
    for (int i = 0; i < names.length; i++) {
      if (!only.contains(names[i])) {
        transcoders[i] = null;
      }
    }
    this.copying = null;
  }

  /** The plan for these of the columns alone, in their order; it has no key. */
  RowPlan only(Set<String> some) {
    return new RowPlan(this, some);
  }

  private static @Nullable SlotTranscoder @Nullable [] copying(
      RecordShape shape, Map<String, ColumnPlan> written) {
    var copying = new SlotTranscoder[shape.fields().size()];
    for (int i = 0; i < copying.length; i++) {
      WireField field = shape.fields().get(i);
      ColumnPlan column = field.repeated() ? null : written.get(field.name());
      if (column != null) {
        copying[i] = column.copyTranscoder(field);
        if (copying[i] == null) {
          return null;
        }
      }
    }
    return copying;
  }

  /**
   * Compiles a plan for bare rows, which snapshots contain.
   *
   * @param shape their fields; those flagged as key tell the source's rows apart
   * @throws ShapeMismatchException if the target cannot take them, naming every difference
   */
  public static RowPlan of(RecordShape shape, TargetShape target) {
    return of(shape, target, Misfits.STOP);
  }

  /**
   * The same.
   *
   * @param misfits what is done with columns that do not fit
   */
  public static RowPlan of(RecordShape shape, TargetShape target, Misfits misfits) {
    return new PlanCompiler(shape, target, misfits).rows();
  }

  /** The names of the written columns. */
  public Set<String> names() {
    return columns.stream().map(PlanColumn::name).collect(Collectors.toUnmodifiableSet());
  }

  /** Written columns, in the order of the wire. */
  public List<PlanColumn> columns() {
    return columns;
  }

  /** The target's key that tells rows apart as the source does: upserts conflict on it. */
  public @Nullable UniqueKey key() {
    return key == null ? null : key.unique();
  }

  /**
   * Tells whether it is not proven that the {@link #key()} keeps the source's rows apart. Then a
   * new row with the key of an existing one is a collision, unless rows come again.
   */
  public boolean assumesKey() {
    return key != null && key.proof() == PlanKey.Proof.ASSUMED;
  }

  /**
   * The error for two rows of the source with the same {@link #key()}.
   *
   * @param where the place of both
   */
  public ShapeMismatchException secondRow(String where) {
    PlanKey met = Objects.requireNonNull(key);
    return new ShapeMismatchException(
        "%s: several rows have the same (%s), and they differ on the source"
            .formatted(
                where,
                met.unique().columns().stream()
                    .map(SqlName::quote)
                    .collect(Collectors.joining(", "))),
        met.remedy());
  }

  /** Tells whether a written column is GENERATED ALWAYS AS IDENTITY. */
  public boolean overridesIdentity() {
    return overridesIdentity;
  }

  /**
   * Transcodes rows, column by column.
   *
   * @param rows messages that are one bare Avro record each
   * @throws MessageException if a row cannot be decoded, naming its sequence and column
   */
  public RowColumns transcode(List<WireMessage> rows) {
    var into = newColumns(rows.size());
    var cursor = new AvroCursor();
    for (WireMessage row : rows) {
      cursor.over(row.bytes(), row.offset(), row.offset() + row.length());
      transcode(cursor, row.lastSequence(), into);
    }
    return rowColumns(into, rows.size());
  }

  /**
   * Tells whether every value can be written as the target column's own type. Then rows can be
   * copied into the target, or into a table with its columns, without a cast.
   */
  public boolean isCopyable() {
    return copying != null;
  }

  /**
   * Transcodes rows, row by row, for a binary COPY of {@link #columns()} in their order. Only if
   * they {@linkplain #isCopyable() can be copied}.
   *
   * @param rows messages that are one bare Avro record each
   * @param into its earlier content is removed
   * @throws MessageException if a row cannot be decoded, naming its sequence and column
   */
  public void copy(List<WireMessage> rows, CopyRows into) {
    into.begin();
    var cursor = new AvroCursor();
    for (WireMessage row : rows) {
      cursor.over(row.bytes(), row.offset(), row.offset() + row.length());
      copy(cursor, row.lastSequence(), into);
    }
    into.end();
  }

  /** Adds the record under the cursor, as {@link #transcode}. */
  void copy(AvroCursor in, long sequence, CopyRows into) {
    into.beginRow(columns.size());
    transcode(Objects.requireNonNull(copying), in, sequence, into.columns(columns.size()));
  }

  ValueColumn[] newColumns(int rows) {
    var into = new ValueColumn[columns.size()];
    for (int i = 0; i < into.length; i++) {
      into[i] = new ValueColumn(rows * valueBytes(columns.get(i).sentAs()));
    }
    return into;
  }

  /** Length word and payload; a first estimate if the width varies. */
  private static int valueBytes(PgType type) {
    return switch (type) {
      case BOOL -> 5;
      case INT2 -> 6;
      case INT4, FLOAT4, DATE -> 8;
      case INT8, FLOAT8, TIME, TIMESTAMP, TIMESTAMPTZ -> 12;
      case UUID -> 20;
      case TEXT, VARCHAR, BPCHAR, NUMERIC, JSON, JSONB -> 32;
    };
  }

  static RowColumns rowColumns(ValueColumn[] columns, int rows) {
    return rows == 0 ? RowColumns.EMPTY : new RowColumns(List.of(columns), rows);
  }

  /** Adds the record under the cursor, which must end at the end of the cursor's range. */
  void transcode(AvroCursor in, long sequence, ValueColumn[] into) {
    transcode(transcoders, in, sequence, into);
  }

  private void transcode(
      @Nullable SlotTranscoder[] by, AvroCursor in, long sequence, ValueColumn[] into) {
    int field = 0;
    try {
      for (int column = 0; field < slots.length; field++) {
        SlotTranscoder transcoder = by[field];
        if (transcoder == null) {
          in.skip(slots[field]);
        } else {
          transcoder.transcode(in, into[column++]);
        }
      }
    } catch (MessageException e) {
      throw inColumn(sequence, names[field], e);
    } catch (ShapeMismatchException e) {
      throw e.at(sequence);
    }
    if (in.remaining() > 0) {
      throw new MessageException(
          "message at sequence " + sequence + ": bytes behind the row's last column");
    }
  }

  static MessageException inColumn(long sequence, String column, MessageException cause) {
    return new MessageException(
        "message at sequence "
            + sequence
            + ": column "
            + SqlName.quote(column)
            + ": "
            + cause.getMessage(),
        cause);
  }
}
