package dev.creek.consumer.avro;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.RecordShape;
import java.io.IOException;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/**
 * Decodes images of one shape to generic records with Avro's fast reader. Values are Avro's: a
 * decimal, for example, is a {@code ByteBuffer}. Not thread-safe.
 */
public final class RowDecoder {
  private final RecordShape shape;
  private final Schema schema;
  private final GenericDatumReader<GenericRecord> reader;
  private final AvroCursor cursor = new AvroCursor();
  private BinaryDecoder decoder;

  private RowDecoder(RecordShape shape, Schema written, Schema schema) {
    this.shape = shape;
    this.schema = schema;
    GenericData data = new GenericData();
    data.setFastReaderEnabled(true);
    reader = new GenericDatumReader<>(written, schema, data);
    decoder = DecoderFactory.get().binaryDecoder(new byte[0], null);
  }

  /**
   * A decoder of a table's images.
   *
   * @throws MessageException if the shape is none for Avro
   */
  public static RowDecoder of(SourceTable table, RecordShape shape) {
    var schemas = new AvroSchemas(table);
    Schema read = schemas.read(shape);
    boolean repeats = shape.columns().size() < shape.fields().size();
    return new RowDecoder(shape, repeats ? schemas.written(shape) : read, read);
  }

  /** The schema of the records: one field for each column, with the properties of the wire's. */
  public Schema schema() {
    return schema;
  }

  /**
   * Decodes the image that begins at an offset.
   *
   * @param to end of the message
   * @param last whether the image must end there
   * @throws MessageException if it is no image of this shape; never with its values
   */
  public GenericRecord decode(byte[] data, int from, int to, boolean last) {
    // The cursor checks all bounds first, so that Avro's reader meets no length that is a lie.
    cursor.over(data, from, to).skip(shape);
    if (last && cursor.remaining() > 0) {
      throw cursor.malformed("bytes behind the end of the row");
    }
    int length = cursor.position() - from;
    try {
      decoder = DecoderFactory.get().binaryDecoder(data, from, length, decoder);
      return reader.read(null, decoder);
    } catch (AvroRuntimeException | IOException e) {
      throw new MessageException("a row that Avro cannot read: " + e.getClass().getSimpleName(), e);
    }
  }
}
