package dev.creek.consumer.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.GoldenCapture;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Everything that the real producer published can be read. */
final class GoldenCaptureTest {
  private static final Map<String, Operation> OPERATIONS =
      Map.of(
          "c", Operation.INSERT,
          "u", Operation.UPDATE,
          "u_pk", Operation.UPDATE_KEY,
          "d", Operation.DELETE,
          "t", Operation.TRUNCATE,
          "r", Operation.READ);

  @ParameterizedTest
  @EnumSource
  void everyChangeEndsWhereItsMessageEnds(Generation generation) {
    var golden = GoldenWal.of(generation);
    var cursor = new AvroCursor();
    var operations = new TreeMap<Operation, Integer>();
    for (var whole : golden.wal) {
      var schema = golden.schemaOf(whole.message());
      var change = new WalDecoder(schema).decode(whole.message());
      assertThat(schema.generation()).isEqualTo(generation);
      operations.merge(change.operation(), 1, Integer::sum);
      if (change.after() >= 0) {
        cursor.over(change.data(), change.after(), change.end()).skip(schema.after());
        assertThat(cursor.remaining()).as("sequence %d", change.sequence()).isZero();
      }
    }
    assertThat(golden.wal).hasSize(generation == Generation.OLD ? 5752 : 3113);
    assertThat(operations.keySet())
        .containsExactlyInAnyOrder(
            Operation.INSERT,
            Operation.UPDATE,
            Operation.UPDATE_KEY,
            Operation.DELETE,
            Operation.TRUNCATE);
  }

  @ParameterizedTest
  @EnumSource
  void strictAvroReadsTheSameEnvelope(Generation generation) throws Exception {
    var golden = GoldenWal.of(generation);
    var readers = new TreeMap<Long, GenericDatumReader<GenericRecord>>();
    golden.schemas.forEach(
        (fingerprint, schema) -> {
          // Avro accepts them all; it warns of decimals that cannot be and reads them as bytes.
          readers.put(
              fingerprint, new GenericDatumReader<>(new Schema.Parser().parse(schema.text())));
        });
    BinaryDecoder reused = null;
    for (var whole : golden.wal) {
      var message = whole.message();
      var reader = readers.get(WalDecoder.fingerprint(message));
      reused =
          DecoderFactory.get()
              .binaryDecoder(message.bytes(), message.offset() + 10, message.length() - 10, reused);
      GenericRecord expected = reader.read(null, reused);
      var change = new WalDecoder(golden.schemaOf(message)).decode(message);
      var source = (GenericRecord) expected.get("source");
      assertThat(change.operation()).isEqualTo(OPERATIONS.get(expected.get("op").toString()));
      assertThat(change.transactionId()).isEqualTo(source.get("tx_id"));
      assertThat(change.committedAtMicros()).isEqualTo(source.get("tx_at"));
      assertThat(Lsn.format(change.lsn())).isEqualTo(source.get("lsn").toString());
      assertThat(change.before() < 0).isEqualTo(expected.get("before") == null);
      assertThat(change.after() < 0).isEqualTo(expected.get("after") == null);
      assertThat(change.schema().fingerprint()).hasToString(expected.get("fingerprint").toString());
      assertThat(new Subjects(generation, GoldenCapture.NAMESPACE).walSubject(sourceOf(source)))
          .isEqualTo(whole.subject());
    }
  }

  private static SourceTable sourceOf(GenericRecord source) {
    return new SourceTable(
        source.get("db").toString(),
        source.get("schema").toString(),
        source.get("table").toString());
  }

  @ParameterizedTest
  @EnumSource
  void everySnapshotRowEndsWhereItsMessageEnds(Generation generation) throws Exception {
    var shapes = new TreeMap<String, RecordShape>();
    var json = new ObjectMapper();
    var cursor = new AvroCursor();
    int rows = 0;
    for (var whole : GoldenWal.assemble(new GoldenCapture(generation).snapshots())) {
      var message = whole.message();
      var text =
          new String(message.bytes(), message.offset(), Math.min(3, message.length()), "UTF-8");
      if (text.equals("EOF")) {
        continue;
      }
      if (text.startsWith("{\"t")) {
        var header = json.readTree(message.bytes(), message.offset(), message.length());
        shapes.put(whole.subject(), SchemaParser.parseRecord(header.get("schema").textValue()));
        continue;
      }
      int end = message.offset() + message.length();
      cursor.over(message.bytes(), message.offset(), end).skip(shapes.get(whole.subject()));
      assertThat(cursor.remaining()).as("sequence %d", message.lastSequence()).isZero();
      rows++;
    }
    assertThat(shapes).hasSize(35);
    assertThat(rows).isGreaterThan(1000);
  }
}
