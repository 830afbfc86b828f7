package dev.creek.consumer.testing.producer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.CapturedMessage;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The workload of the captures, run through our producer with the real one's defects, gives the
 * real one's messages: field by field and in their order, apart from LSNs, ids and times.
 */
final class GoldenWorkloadIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  /** Where the NEW producer was restarted, having lost what w6 and w6n did. */
  private static final long NEW_RESTARTED = 3057;

  @RegisterExtension
  final PostgresExtension postgres = PostgresExtension.own(PostgresServer.builder().version(15));

  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  @Test
  void oldMessagesAreThoseOfTheRealProducer() throws Exception {
    var golden = new GoldenCapture(Generation.OLD);
    try (var workload = new GoldenWorkload(postgres.server().createDatabase("golden"));
        var producer = producer(Generation.OLD).start();
        var requests = new Requests(nats.server().uri())) {
      runAll(workload);
      workload.file("w6");
      runBig(workload);
      producer.awaitCaughtUp(PATIENCE);

      assertSame(wal(read("CREEK_wal"), true), wal(golden.wal(), true));
      assertSame(schemas(read("CREEK_schema")), schemas(golden.schemas()));
      assertThat(drops(producer, "Mixed Schema")).isEqualTo(GoldenDrops.counts(Generation.OLD));
      assertSnapshotsAreThoseOf(golden, requests, "CREEK_snap");
      assertRepliesAreThoseOf(golden, requests);
    }
  }

  @Test
  void newMessagesAreThoseOfTheRealProducer() throws Exception {
    var golden = new GoldenCapture(Generation.NEW);
    // Which rows of a transaction of 5,000 share an id depends on when keepalives come.
    Predicate<CapturedMessage> certain = message -> !message.subject().endsWith(".app.bulk");
    PostgresDatabase source = postgres.server().createDatabase("golden");
    try (var workload = new GoldenWorkload(source);
        var producer = producer(Generation.NEW).start();
        var requests = new Requests(nats.server().uri())) {
      runAll(workload);
      producer.awaitCaughtUp(PATIENCE);
      var ours = read("CREEK_wal_golden");
      var before = golden.wal().stream().filter(m -> m.sequence() < NEW_RESTARTED).toList();
      assertSame(
          wal(ours.stream().filter(certain).toList(), false),
          wal(before.stream().filter(certain).toList(), false));

      workload.file("w6"); // and lost by the real one: a space in a name had stopped it
      producer.awaitCaughtUp(PATIENCE);
      assertSnapshotsAreThoseOf(golden, requests, "CREEK_snap_golden");
      assertRepliesAreThoseOf(golden, requests);
      workload.file("w6n"); // lost, too
      producer.awaitCaughtUp(PATIENCE);

      int seen = read("CREEK_wal_golden").size();
      runAfterRestart(source, workload, producer);
      var after = golden.wal().stream().filter(m -> m.sequence() >= NEW_RESTARTED).toList();
      var all = read("CREEK_wal_golden");
      assertSame(wal(all.subList(seen, all.size()), false), wal(after, false));
    }
  }

  private static void runAfterRestart(
      PostgresDatabase source, GoldenWorkload workload, TestProducer producer) throws Exception {
    workload.run("INSERT INTO app.orders VALUES (700,'probe',1,'2026-11-22 05:58:16.955613+00')");
    workload.file("w6n"); // again: what is there already fails
    workload.file("w5n");
    workload.big(1, "a".repeat(1_048_000));
    workload.big(2, "b".repeat(1_048_430));
    workload.big(3, "c".repeat(1_048_600)); // a packet that the server does not take, and so
    workload.run("INSERT INTO app.pk_text VALUES ('lost', 'x')"); // nothing until a restart
    awaitSlotBehindAll(source);
    producer.kill();
    producer.start();
    workload.run("INSERT INTO app.pk_text VALUES ('after-restart', 'x')");
    producer.awaitCaughtUp(PATIENCE);
  }

  /** Else the packet that the server does not take comes again after the restart. */
  private static void awaitSlotBehindAll(PostgresDatabase source) {
    String end = source.value("select pg_current_wal_lsn()::text");
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                source.value(
                    "select bool_and(confirmed_flush_lsn >= '%s')::text from pg_replication_slots"
                        .formatted(end)),
            "true"::equals);
  }

  private static void runAll(GoldenWorkload workload) throws Exception {
    workload.file("w1");
    workload.file("w2");
    workload.file("w3");
    workload.copy();
    workload.file("w4");
    workload.interleaved();
    workload.file("w5");
  }

  private static void runBig(GoldenWorkload workload) throws Exception {
    workload.big(
        1,
        IntStream.rangeClosed(1, 200_000)
            .mapToObj(i -> "big line " + i + '\n')
            .collect(Collectors.joining()));
    workload.big(2, "small after big");
    workload.big(10, "a".repeat(1_048_000));
    workload.big(11, "a".repeat(1_048_476));
    workload.big(12, "b".repeat(1_048_475));
    workload.big(13, "c".repeat(1_048_477));
    workload.big(20, "d".repeat(2_097_044));
    workload.big(14, "after exact");
    workload.run("UPDATE app.bigmsg SET id=15 WHERE id=14; DELETE FROM app.bigmsg WHERE id=12");
  }

  private TestProducer.Builder producer(Generation generation) {
    return TestProducer.builder()
        .source(postgres.server().jdbcUrl("golden"))
        .nats(nats.server().uri())
        .generation(generation)
        .defects(Defect.ofRealProducer(generation));
  }

  private List<CapturedMessage> read(String stream) throws Exception {
    return StreamReader.read(nats.server().uri(), stream);
  }

  private static Map<String, Integer> drops(TestProducer producer, String exceptNamespace) {
    return producer.drops().stream()
        .filter(drop -> !drop.namespace().equals(exceptNamespace))
        .collect(
            Collectors.toMap(
                drop -> drop.namespace() + '.' + drop.table(),
                drop -> 1,
                Integer::sum,
                TreeMap::new));
  }

  /** Asks for every snapshot that was asked for, and compares reply and messages. */
  private void assertSnapshotsAreThoseOf(GoldenCapture golden, Requests requests, String stream)
      throws Exception {
    var captured =
        CapturedWire.assemble(golden.snapshots()).stream()
            .collect(Collectors.groupingBy(CapturedWire.Whole::subject));
    for (JsonNode request : GoldenRequests.snapshots(golden)) {
      String text = request.get("request_text").textValue();
      var goldenReplies = GoldenRequests.replies(request);
      String subject = request.get("subject").textValue();
      var replies =
          goldenReplies.isEmpty()
              ? requests.ask(subject, text)
              : requests.askUntilAnswered(subject, text); // after a bad one, NEW is deaf for 2 s
      assertThat(replies).as(text).hasSameSizeAs(goldenReplies);
      if (!replies.isEmpty()) {
        assertThat(replies.subList(1, replies.size()))
            .isEqualTo(goldenReplies.subList(1, goldenReplies.size()));
        var expected = captured.get(goldenReplies.get(0));
        int packets = expected.stream().mapToInt(CapturedWire.Whole::packets).sum();
        requests.awaitMessages(stream, replies.get(0), packets);
        var ours = CapturedWire.assemble(requests.read(stream, replies.get(0)));
        assertSame(snapshot(ours), snapshot(expected));
      }
    }
  }

  /** Asks for every schema that has been in the schema stream. */
  private static void assertRepliesAreThoseOf(GoldenCapture golden, Requests requests)
      throws Exception {
    var published =
        CapturedWire.assemble(golden.schemas()).stream()
            .map(message -> GoldenSchemas.json(message.text()).get("fingerprint").textValue())
            .collect(Collectors.toSet());
    int answered = 0;
    for (JsonNode request : GoldenRequests.schemas(golden)) {
      String fingerprint = request.get("request_text").textValue();
      if (published.contains(fingerprint) && !GoldenRequests.replies(request).isEmpty()) {
        var expected = GoldenRequests.replies(request);
        String subject = request.get("subject").textValue();
        var replies = requests.ask(subject, fingerprint, expected.size());
        assertThat(schema(replies.get(0))).isEqualTo(schema(expected.get(0)));
        assertThat(replies.subList(1, replies.size()))
            .isEqualTo(expected.subList(1, expected.size()));
        answered++;
      }
    }
    assertThat(answered).isGreaterThan(90);
  }

  private static List<String> snapshot(List<CapturedWire.Whole> messages) {
    return messages.stream()
        .map(message -> message.packets() + " " + snapshotMessage(message))
        .toList();
  }

  private static String snapshotMessage(CapturedWire.Whole message) {
    if (!message.text().startsWith("{\"topic\"")) {
      return shortened(HexFormat.of().formatHex(message.bytes()));
    }
    return message.text().replaceAll("\"tx_id\".*?,\"approx", "\"approx");
  }

  /**
   * Without those that only say again what the subject's last one says: how often PostgreSQL
   * describes a table depends on when its caches hear of a change.
   */
  private static List<String> schemas(Collection<CapturedMessage> packets) {
    var last = new HashMap<String, String>();
    return CapturedWire.assemble(packets).stream()
        .filter(
            message ->
                !schema(message.text()).equals(last.put(message.subject(), schema(message.text()))))
        .map(message -> message.subject() + ' ' + schema(message.text()))
        .toList();
  }

  private static String schema(String json) {
    return json.replaceAll("\"created_at\":\"[-0-9T:.]*Z\"", "\"created_at\"");
  }

  private static List<String> wal(Collection<CapturedMessage> packets, boolean old) {
    return CapturedWire.assemble(packets).stream().map(message -> wal(message, old)).toList();
  }

  private static String wal(CapturedWire.Whole message, boolean old) {
    var envelope = CapturedWire.envelope(message.bytes(), old);
    return "%s %s %s %s.%s.%s %s in %d: %s %s"
        .formatted(
            message.subject(),
            envelope.fingerprint(),
            envelope.name(),
            envelope.database(),
            envelope.namespace(),
            envelope.table(),
            envelope.op(),
            message.packets(),
            shortened(HexFormat.of().formatHex(envelope.images())),
            message.headers().toString().replace(envelope.lsn(), "LSN"));
  }

  private static String shortened(String text) {
    return text.length() < 2000 ? text : text.length() + " characters, hash " + text.hashCode();
  }

  /** The first difference says it; thousands of lines do not. */
  private static void assertSame(List<String> ours, List<String> golden) {
    for (int i = 0; i < Math.min(ours.size(), golden.size()); i++) {
      assertThat(ours.get(i)).as("message %d", i).isEqualTo(golden.get(i));
    }
    assertThat(ours).hasSameSizeAs(golden);
  }
}
