package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.wire.Operation;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Turns what the replication stream says into messages. Used by one thread. */
final class WalPublisher {
  private final Dialect dialect;
  private final long clockOffsetMicros;
  private final Streams streams;
  private final Ledger ledger;
  private final Bus wal;
  private final Bus schemas;
  private final ChangeEncoder encoder;
  private final ToastLookup toast;
  private final Map<Integer, Table> tables = new HashMap<>();
  private long lastLsn;
  private PgOutput.@Nullable Begin transaction;

  /**
   * A table of the replication stream.
   *
   * @param schema null if its names cannot be on the wire
   */
  private record Table(Relation relation, @Nullable TableSchema schema, String subject) {}

  /**
   * @param startLsn up to where the slot is acknowledged
   */
  WalPublisher(
      ProducerSettings settings,
      Ledger ledger,
      Bus wal,
      Bus schemas,
      ToastLookup toast,
      long startLsn) {
    this.dialect = settings.dialect();
    this.clockOffsetMicros = TimeUnit.NANOSECONDS.toMicros(settings.clockOffset().toNanos());
    this.streams = new Streams(dialect.generation(), settings.namespace(), settings.database());
    this.ledger = ledger;
    this.wal = wal;
    this.schemas = schemas;
    this.encoder = new ChangeEncoder(dialect, settings.database());
    this.toast = toast;
    this.lastLsn = startLsn;
  }

  /** Whether a transaction has begun and not ended. */
  boolean isInTransaction() {
    return transaction != null;
  }

  /**
   * Publishes what a message says.
   *
   * @param receivedLsn highest LSN that the server has told of
   * @return the LSN just behind a transaction that has ended with this, else 0
   */
  long accept(PgOutput.Message message, long receivedLsn)
      throws IOException, SQLException, InterruptedException {
    if (message instanceof PgOutput.Begin begin) {
      transaction = begin;
    } else if (message instanceof PgOutput.Commit commit) {
      lastLsn = transaction.finalLsn();
      transaction = null;
      return commit.endLsn();
    } else if (message instanceof PgOutput.Described described) {
      describe(described.relation());
    } else if (message instanceof PgOutput.Row row) {
      publish(tables.get(row.relation()), row.operation(), row.before(), row.after(), receivedLsn);
    } else if (message instanceof PgOutput.Truncate truncate) {
      for (int relation : truncate.relations()) {
        publish(tables.get(relation), Operation.TRUNCATE, null, null, receivedLsn);
      }
    }
    return 0;
  }

  private void describe(Relation relation) throws IOException, InterruptedException {
    String subject = streams.subject(Streams.Kind.WAL, relation);
    boolean hasWire = relation.hasAvroNames() && isSubject(subject);
    TableSchema schema = hasWire ? new TableSchema(relation, dialect) : null;
    tables.put(relation.oid(), new Table(relation, schema, subject));
    String fingerprint = schema == null ? "" : schema.fingerprint().toString();
    String message =
        "{\"fingerprint\":%s,\"schema\":%s,\"source\":%s,\"created_at\":\"%s\"}"
            .formatted(
                GoJson.quoted(fingerprint),
                GoJson.quoted(schema == null ? "null" : schema.json()),
                GoJson.quoted(relation.qualifiedName()),
                Timestamps.json(Instant.now()));
    if (schema != null) {
      ledger.schema(fingerprint, message);
    }
    String schemaSubject = streams.subject(Streams.Kind.SCHEMA, relation);
    if (isSubject(schemaSubject)) {
      schemas.publish(schemaSubject, fingerprint, message.getBytes(UTF_8));
      // Rows that need it follow: nobody should have to look for it twice.
      schemas.pipeline().drain();
    }
  }

  /**
   * The real one publishes on any subject: a space ends OLD's connection and stops NEW for good.
   */
  private static boolean isSubject(String subject) {
    return subject.chars().noneMatch(Character::isWhitespace);
  }

  private void publish(
      Table table,
      Operation operation,
      @Nullable Tuple before,
      @Nullable Tuple after,
      long receivedLsn)
      throws IOException, SQLException, InterruptedException {
    PgOutput.Begin begin = transaction;
    long lsn = dialect.isOld() ? begin.finalLsn() : receivedLsn;
    try {
      if (table.schema() == null) {
        throw new UnencodableException("a name that is not an Avro name, or has a space");
      }
      byte[] message = encode(table, operation, before, after, begin, lsn);
      if (message == null) {
        ledger.superseded();
      } else if (wal.publish(table.subject(), ChangeEncoder.lsn(lsn), message)) {
        wal.pipeline().whenAcknowledged(ledger::published);
      } else {
        throw new UnencodableException("a bus that has choked on an oversized packet");
      }
    } catch (UnencodableException e) {
      ledger.drop(table.relation(), operation, e.getMessage(), begin.transactionId());
    }
  }

  private byte @Nullable [] encode(
      Table table,
      Operation operation,
      @Nullable Tuple before,
      @Nullable Tuple after,
      PgOutput.Begin begin,
      long lsn)
      throws UnencodableException, SQLException {
    Operation what = operation;
    Tuple complete = after;
    if (after != null && after.hasUnchanged() && !dialect.has(Defect.DROP_UNCHANGED_TOAST)) {
      complete =
          toast.complete(table.relation(), before, after, begin.transactionId()).orElse(null);
      if (complete == null && operation == Operation.UPDATE) {
        return null;
      }
      // What became of the new key follows; that the old one is gone does not.
      what = complete == null ? Operation.DELETE : operation;
    }
    return encoder.encode(
        table.schema(),
        new ChangeEncoder.Origin(
            begin.transactionId(), begin.committedAtMicros() + clockOffsetMicros, lastLsn, lsn),
        what,
        what == Operation.UPDATE ? complete : before,
        complete,
        Timestamps.micros(Instant.now()));
  }
}
