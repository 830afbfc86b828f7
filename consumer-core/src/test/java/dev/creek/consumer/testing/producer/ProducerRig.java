package dev.creek.consumer.testing.producer;

import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.avro.generic.GenericRecord;

/** A source with a table of items, a broker, and a producer between them. */
final class ProducerRig implements AutoCloseable {
  static final Duration PATIENCE = Patience.LIMIT;

  private final PostgresDatabase source;
  private final NatsServer nats;
  private Generation generation;
  private TestProducer producer;

  ProducerRig(PostgresServer postgres, NatsServer nats) {
    this.source = postgres.createDatabase();
    this.nats = nats;
    source.execute("create table items (id bigint primary key, note text, big text)");
  }

  PostgresDatabase source() {
    return source;
  }

  TestProducer producer() {
    return producer;
  }

  void start(Generation which, Defect... defects) {
    generation = which;
    producer =
        TestProducer.builder()
            .source(source.jdbcUrl())
            .nats(nats.uri())
            .generation(which)
            .slot(source.name())
            .defects(defects)
            .start();
  }

  void awaitCaughtUp() {
    producer.awaitCaughtUp(PATIENCE);
  }

  /** Inserts items, each in its own transaction. */
  void insert(int first, int last) {
    source.execute(
        IntStream.rangeClosed(first, last)
            .mapToObj(id -> "insert into items values (" + id + ")")
            .toArray(String[]::new));
  }

  String stream(String kind) {
    return "CREEK_" + kind + (isOld() ? "" : "_" + source.name());
  }

  Requests requests() throws Exception {
    return new Requests(nats.uri());
  }

  List<CapturedWire.Whole> wal() throws Exception {
    return CapturedWire.assemble(StreamReader.read(nats.uri(), stream("wal")));
  }

  String fingerprint() throws Exception {
    return CapturedWire.envelope(wal().get(0).bytes(), isOld()).fingerprint();
  }

  /** The ids of all inserted rows in the order of the stream. */
  List<Long> ids() throws Exception {
    var replay = replay();
    var ids = new ArrayList<Long>();
    for (var message : wal()) {
      ids.add((Long) replay.record(message, isOld(), "after").get("id"));
    }
    return ids;
  }

  /** Changes of items: operation, old id, new id and note, and the length of the big text. */
  List<String> changes() throws Exception {
    var replay = replay();
    var changes = new ArrayList<String>();
    for (var message : wal()) {
      GenericRecord before = replay.record(message, isOld(), "before");
      GenericRecord after = replay.record(message, isOld(), "after");
      String row =
          after == null
              ? "-"
              : "%s %s %d"
                  .formatted(
                      after.get("id"), after.get("note"), after.get("big").toString().length());
      changes.add(
          "%s %s %s"
              .formatted(
                  CapturedWire.envelope(message.bytes(), isOld()).op(),
                  before == null ? "-" : before.get("id"),
                  row));
    }
    return changes;
  }

  /** Asks for a snapshot and waits for its end. */
  List<CapturedWire.Whole> snapshot(String table) throws Exception {
    try (var requests = requests()) {
      String subject = isOld() ? "CREEK._snapshot" : "CREEK_snap_" + source.name();
      String request = "{\"namespace\":\"public\",\"table\":\"" + table + "\"}";
      String topic = requests.ask(subject, request).get(0);
      await().atMost(PATIENCE).until(producer::runningSnapshots, running -> running == 0);
      return CapturedWire.assemble(requests.read(stream("snap"), topic));
    }
  }

  private WireReplay replay() throws Exception {
    return new WireReplay(WireReplay.schemas(StreamReader.read(nats.uri(), stream("schema"))));
  }

  private boolean isOld() {
    return generation == Generation.OLD;
  }

  /** The server lets go of a killed producer's slot a moment later. */
  @Override
  public void close() {
    if (producer != null) {
      await().atMost(PATIENCE).ignoreExceptions().until(this::dropped);
    }
  }

  private boolean dropped() {
    producer.dropSlot();
    return true;
  }
}
