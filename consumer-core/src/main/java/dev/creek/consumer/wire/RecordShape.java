package dev.creek.consumer.wire;

import java.util.List;

/** The fields of an Avro record in the order in which they are written, repeats included. */
public record RecordShape(List<WireField> fields) {
  public RecordShape {
    fields = List.copyOf(fields);
  }

  /** The first field of each name: the columns. */
  public List<WireField> columns() {
    return fields.stream().filter(f -> !f.repeated()).toList();
  }
}
