package dev.creek.consumer.testing.producer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.PostgresExtension;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Snapshots, schemas on request, streams, packets. */
final class ProducerRequestsIT {
  private static final int MAX_PAYLOAD = 64 << 10;

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.own();

  @RegisterExtension
  final NatsExtension nats = NatsExtension.own(NatsServer.builder().maxPayload(MAX_PAYLOAD));

  private ProducerRig rig;

  @BeforeEach
  void createRig() {
    rig = new ProducerRig(postgres.server(), nats.server());
  }

  @AfterEach
  void closeRig() {
    rig.close();
  }

  @ParameterizedTest
  @EnumSource
  void aSnapshotHasAllRows(Generation generation) throws Exception {
    rig.source()
        .execute(
            "create table moments (id int primary key, at timestamptz, doubled int generated always as (id * 2) stored)",
            "create index on moments (id, at)",
            "insert into moments values (1, 'infinity'), (2, '-infinity'), (3, now()), (4, null)");
    rig.start(generation);
    var messages = rig.snapshot("moments");

    JsonNode header = GoldenSchemas.json(messages.get(0).text());
    JsonNode schema = GoldenSchemas.json(header.get("schema").textValue());
    assertThat(schema.get("fields").findValuesAsText("name")).contains("id", "at", "doubled");
    assertThat(schema.get("fields")).hasSize(3);
    assertThat(messages).hasSize(6);
    assertThat(messages.get(5).text()).isEqualTo("EOF");
  }

  @ParameterizedTest
  @EnumSource
  void aSnapshotMayLackItsEnd(Generation generation) throws Exception {
    rig.insert(1, 3);
    rig.start(generation, Defect.NO_SNAPSHOT_EOF);

    assertThat(rig.snapshot("items")).hasSize(4);
  }

  @ParameterizedTest
  @EnumSource
  void bigRowsGoInPackets(Generation generation) throws Exception {
    rig.start(generation);
    rig.source().execute("insert into items values (1, 'a', repeat('x', 200000))");
    rig.awaitCaughtUp();

    assertThat(rig.changes()).containsExactly("c - 1 a 200000");
    assertThat(rig.snapshot("items").get(1).packets()).isEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource
  void streamsAreThoseOfTheRealProducer(Generation generation) throws Exception {
    rig.start(generation);
    try (var requests = rig.requests()) {
      for (String kind : List.of("wal", "snap", "schema")) {
        ObjectNode golden =
            (ObjectNode) new GoldenCapture(generation).streamState(kind).get("config");
        String ours = requests.streamConfiguration(rig.stream(kind));
        var renamed = (ObjectNode) GoldenSchemas.json(ours.replace(rig.source().name(), "golden"));
        // What only newer servers than 2.9 tell.
        List<String> newer = List.of("compression", "consumer_limits", "metadata");
        assertThat(renamed.remove(newer)).isEqualTo(golden.remove(newer));
      }
    }
  }

  @Test
  void theDefectMakesAnApiDeafAfterABadRequest() throws Exception {
    rig.start(Generation.NEW, Defect.API_DEAF_AFTER_BAD_REQUEST);
    rig.insert(1, 1);
    rig.awaitCaughtUp();
    try (var requests = rig.requests()) {
      String subject = "CREEK_schema_" + rig.source().name();
      String fingerprint = rig.fingerprint();
      assertThat(requests.ask(subject, fingerprint)).hasSize(2).element(1).isEqualTo("+ACK");
      assertThat(requests.ask(subject, "AAAAAAAAAAA=")).isEmpty();
      assertThat(requests.ask(subject, fingerprint)).isEmpty();
      assertThat(requests.askUntilAnswered(subject, fingerprint)).hasSize(2);
    }
  }
}
