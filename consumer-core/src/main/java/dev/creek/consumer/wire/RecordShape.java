package dev.creek.consumer.wire;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The fields of an Avro record in the order in which they are written, repeats included. */
public record RecordShape(List<WireField> fields) {
  public RecordShape {
    fields = List.copyOf(fields);
  }

  /** The first field of each name: the columns. */
  public List<WireField> columns() {
    return fields.stream().filter(f -> !f.repeated()).toList();
  }

  /**
   * The columns that any of their fields flags as key. A snapshot's schema repeats a column for
   * each of its indexes, and flags it in the field of the primary key.
   */
  public List<WireField> keyColumns() {
    Set<String> flagged =
        fields.stream().filter(WireField::key).map(WireField::name).collect(Collectors.toSet());
    return columns().stream().filter(f -> flagged.contains(f.name())).toList();
  }
}
