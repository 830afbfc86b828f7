package dev.creek.consumer.testing.producer;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyDual;

/**
 * The replication protocol on a connection of its own. Used by one thread, except for {@link
 * #abort}.
 *
 * <p>pgjdbc's own stream hides keepalives, and the NEW generation's LSN needs them; it also
 * acknowledges by the clock only.
 */
final class ReplicationStream implements AutoCloseable {
  private static final long EPOCH_MICROS = 946_684_800_000_000L;
  private static final int STATUS_BYTES = 34;

  private final Connection connection;
  private final CopyDual copy;
  private long receivedLsn;
  private boolean replyRequested;

  private ReplicationStream(Connection connection, CopyDual copy) {
    this.connection = connection;
    this.copy = copy;
  }

  static ReplicationStream open(ProducerSettings settings) throws SQLException {
    Connection connection = settings.source().connectForReplication();
    try {
      String start =
          "START_REPLICATION SLOT \"%s\" LOGICAL 0/0 (proto_version '1', publication_names '\"%s\"')"
              .formatted(settings.slot(), settings.publication());
      var copies = connection.unwrap(PGConnection.class).getCopyAPI();
      return new ReplicationStream(connection, copies.copyDual(start));
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** The next message of the plugin; null if there is none at the moment. */
  @Nullable ByteBuffer poll() throws SQLException {
    while (true) {
      byte[] message = copy.readFromCopy(false);
      if (message == null) {
        if (!copy.isActive()) {
          throw new SQLException("the source ended the replication", "08006");
        }
        return null;
      }
      ByteBuffer in = ByteBuffer.wrap(message);
      byte kind = in.get();
      received(in.getLong());
      if (kind == 'w') {
        in.getLong(); // the server's end of WAL
        in.getLong(); // its clock
        return in;
      }
      in.getLong(); // a keepalive: the server's clock
      replyRequested |= in.get() != 0;
    }
  }

  /**
   * The highest LSN that the server has told of, in a message or in a keepalive. All transactions
   * that committed before a keepalive's have been sent.
   */
  long receivedLsn() {
    return receivedLsn;
  }

  /** Whether the server waits for {@link #acknowledge}. */
  boolean isReplyRequested() {
    return replyRequested;
  }

  /** Tells the server that everything before {@code lsn} is safe. */
  void acknowledge(long lsn) throws SQLException {
    replyRequested = false;
    byte[] status =
        ByteBuffer.allocate(STATUS_BYTES)
            .put((byte) 'r')
            .putLong(receivedLsn)
            .putLong(lsn)
            .putLong(lsn)
            .putLong(System.currentTimeMillis() * 1000 - EPOCH_MICROS)
            .put((byte) 0)
            .array();
    copy.writeToCopy(status, 0, status.length);
    copy.flushCopy();
  }

  /** Cuts the connection, from any thread. */
  void abort() {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      // It is gone, then.
    }
  }

  @Override
  public void close() throws SQLException {
    try {
      if (copy.isActive()) {
        copy.endCopy();
      }
    } finally {
      connection.close();
    }
  }

  private void received(long lsn) {
    if (Long.compareUnsigned(lsn, receivedLsn) > 0) {
      receivedLsn = lsn;
    }
  }
}
