package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.wire.Operation;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Publishes snapshots on request, each on its own thread, subject and connection. */
final class Snapshots {
  private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ProducerSettings settings;
  private final Ledger ledger;
  private final Broker broker;
  private final Executor executor;
  private final Streams streams;

  /** The state of the database that a snapshot shows. */
  private record Moment(long transactionId, String lsn, Instant at) {}

  Snapshots(ProducerSettings settings, Ledger ledger, Broker broker, Executor executor) {
    this.settings = settings;
    this.ledger = ledger;
    this.broker = broker;
    this.executor = executor;
    this.streams =
        new Streams(settings.dialect().generation(), settings.namespace(), settings.database());
  }

  /** Begins a snapshot; the reply is its subject. Nothing where the table is not published. */
  Optional<String> begin(String request) throws IOException, SQLException {
    JsonNode json = JSON.readTree(request);
    Optional<SnapshotTable> found;
    try (Connection connection = settings.source().connect()) {
      found =
          SnapshotTable.find(
              connection, settings, json.path("namespace").asText(), json.path("table").asText());
    }
    return found.filter(table -> table.relation().hasAvroNames()).map(this::begin);
  }

  private String begin(SnapshotTable table) {
    String subject =
        "%s.%s_%04x"
            .formatted(
                streams.subject(Streams.Kind.SNAP, table.relation()),
                Timestamps.subjectToken(Instant.now().plus(settings.clockOffset())),
                ThreadLocalRandom.current().nextInt(1 << 16));
    ledger.snapshotBegins();
    executor.execute(() -> run(table, subject));
    return subject;
  }

  private void run(SnapshotTable table, String subject) {
    try (Connection connection = settings.source().connect()) {
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setAutoCommit(false);
      publish(connection, table, subject);
      connection.commit();
    } catch (SQLException | IOException e) {
      LOG.warn("snapshot {} failed", subject, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      ledger.snapshotEnds();
    }
  }

  private void publish(Connection connection, SnapshotTable table, String subject)
      throws SQLException, IOException, InterruptedException {
    var pipeline = new Pipeline(broker, ledger, settings.inFlightMessages());
    var bus = new Bus(settings.dialect(), pipeline, broker.maxPayload());
    var schema = new SnapshotSchema(table.relation(), settings.dialect());
    Moment moment = moment(connection);
    bus.publish(subject, moment.lsn(), header(table, schema, moment).getBytes(UTF_8));
    if (table.needsQuotes() && settings.dialect().has(Defect.UNQUOTED_SNAPSHOT_NAMES)) {
      pipeline.drain();
      return;
    }
    CopyOut rows = connection.unwrap(PGConnection.class).getCopyAPI().copyOut(table.copy());
    long number = 0;
    for (byte[] row = rows.readFromCopy(); row != null; row = rows.readFromCopy()) {
      number++;
      Tuple tuple = CopyRow.read(row, table.relation().columns().size());
      String what = moment.lsn() + "-row-" + number;
      try {
        bus.publish(subject, what, schema.encode(tuple));
      } catch (UnencodableException e) {
        ledger.drop(table.relation(), Operation.READ, e.getMessage(), moment.transactionId());
      }
    }
    if (!settings.dialect().has(Defect.NO_SNAPSHOT_EOF)) {
      bus.publish(subject, moment.lsn() + "-eof", "EOF".getBytes(UTF_8));
    }
    pipeline.drain();
  }

  private Moment moment(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("select txid_current(), pg_current_wal_lsn(), now()")) {
      rows.next();
      Instant at = rows.getObject(3, OffsetDateTime.class).toInstant().plus(settings.clockOffset());
      return new Moment(rows.getLong(1), rows.getString(2), at);
    }
  }

  private static String header(SnapshotTable table, SnapshotSchema schema, Moment moment) {
    return "{\"topic\":\"\",\"fingerprint\":\"%s\",\"schema\":%s,\"tx_id\":%d,\"lsn\":\"%s\",\"at\":\"%s\",\"approx_rows\":%d}"
        .formatted(
            schema.fingerprint(),
            GoJson.quoted(schema.json()),
            moment.transactionId(),
            moment.lsn(),
            Timestamps.json(moment.at()),
            table.approximateRows());
  }
}
