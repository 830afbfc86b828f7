package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.wire.Fingerprint;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Our schemas are those of the real producer, to the byte. */
final class GoldenSchemasTest {

  @ParameterizedTest
  @EnumSource
  void walSchemasAreThoseOfTheRealProducer(Generation generation) {
    Map<String, String> golden = GoldenSchemas.wal(generation);

    assertThat(golden).hasSize(generation == Generation.OLD ? 114 : 116);
    golden.forEach(
        (fingerprint, json) -> {
          Relation relation = GoldenSchemas.walRelation(json);
          var ours = new TableSchema(relation, new Dialect(generation, Set.of()));
          assertThat(ours.json()).isEqualTo(json);
          assertThat(ours.fingerprint()).hasToString(fingerprint);
        });
  }

  @ParameterizedTest
  @EnumSource
  void snapshotHeadersAreThoseOfTheRealProducer(Generation generation) {
    var golden = GoldenSchemas.snapshotHeaders(generation);

    assertThat(golden).hasSize(35);
    for (JsonNode header : golden) {
      String json = header.get("schema").textValue();
      Relation relation = GoldenSchemas.snapshotRelation(json);
      assertThat(SchemaText.snapshot(relation)).isEqualTo(json);
      byte[] canonical = SchemaText.snapshotCanonical(relation).getBytes(UTF_8);
      assertThat(new Fingerprint(Rabin.of(canonical)))
          .hasToString(header.get("fingerprint").textValue());
    }
  }
}
