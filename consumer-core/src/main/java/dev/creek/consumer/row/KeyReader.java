package dev.creek.consumer.row;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WireField;
import dev.creek.consumer.wire.WireType.Slot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the columns that find a row from one kind of image, before or after, in the same order and
 * form from both. Stateless.
 */
final class KeyReader {
  private final Slot[] slots;
  private final String[] names;

  /** By key column: its field in the image, and its transcoder there. */
  private final int[] fields;

  private final SlotTranscoder[] transcoders;

  private KeyReader(RecordShape image, List<ColumnPlan> columns, int[] fields) {
    this.slots = image.fields().stream().map(WireField::slot).toArray(Slot[]::new);
    this.names = columns.stream().map(ColumnPlan::name).toArray(String[]::new);
    this.fields = fields;
    this.transcoders = new SlotTranscoder[fields.length];
    for (int i = 0; i < fields.length; i++) {
      transcoders[i] = columns.get(i).keyTranscoder(image.fields().get(fields[i]));
    }
  }

  /** Null if the image does not contain all of the columns. */
  static @Nullable KeyReader of(RecordShape image, List<ColumnPlan> columns) {
    var names = image.fields().stream().map(WireField::name).toList();
    int[] fields = columns.stream().mapToInt(column -> names.indexOf(column.name())).toArray();
    for (int field : fields) {
      if (field < 0) {
        return null;
      }
    }
    return new KeyReader(image, columns, fields);
  }

  /** Adds the key's values, one after the other, of the image that begins at {@code from}. */
  void read(AvroCursor in, byte[] data, int from, int to, long sequence, ValueColumn into) {
    in.over(data, from, to);
    int at = 0;
    int column = 0;
    try {
      for (; column < fields.length; column++) {
        int field = fields[column];
        if (field < at) {
          in.over(data, from, to);
          at = 0;
        }
        for (; at < field; at++) {
          in.skip(slots[at]);
        }
        transcoders[column].transcode(in, into);
        at++;
      }
    } catch (MessageException e) {
      throw RowPlan.inColumn(sequence, names[column], e);
    } catch (ShapeMismatchException e) {
      throw e.at(sequence);
    }
  }
}
