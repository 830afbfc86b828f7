package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.stream.FencedException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The session that a writer holds while it works, and its open transaction. It is held in a field
 * and not by an operator: {@link #close()} must find it whatever was cancelled, and when. Only
 * {@code close} may be called beside another call.
 */
public final class WriterSession {
  private static final String SAVEPOINT = "savepoint creek_part";

  private final Sessions sessions;
  private final PositionSql position;
  private final AtomicReference<@Nullable Session> held = new AtomicReference<>();
  private volatile boolean closed;
  private boolean inTransaction;
  private boolean hasSavepoint;

  public WriterSession(Sessions sessions, PositionSql position) {
    this.sessions = sessions;
    this.position = position;
  }

  boolean inTransaction() {
    return inTransaction;
  }

  /** The session, borrowed if there is none. */
  public Mono<Session> session() {
    return Mono.defer(
        () -> {
          Session current = held.get();
          return current != null ? Mono.just(current) : borrow();
        });
  }

  private Mono<Session> borrow() {
    return sessions
        .borrow()
        .doOnNext(held::set)
        // Closed in the meantime: then no other call returns it.
        .flatMap(session -> closed ? giveBack().then(Mono.error(closed())) : Mono.just(session));
  }

  /**
   * The session with a transaction that holds the claimed row, so that no other process can claim
   * the table.
   */
  public Mono<Session> transaction() {
    return session()
        .flatMap(
            session ->
                inTransaction
                    ? Mono.just(session)
                    : session
                        .begin()
                        .then(session.update(position.lock(), position::bindClaim))
                        .flatMap(this::requireClaim)
                        .doOnSuccess(nothing -> inTransaction = true)
                        .thenReturn(session));
  }

  /**
   * Errors unless the fence let exactly one row through. If it did not, another process claimed the
   * table, or a crash of the server took commits back. In both cases the table is claimed again,
   * and read from its position.
   */
  public Mono<Void> requireClaim(long rows) {
    return rows == 1
        ? Mono.empty()
        : Mono.error(
            new FencedException(
                position.target() + " has been claimed by another, or was set back by a crash"));
  }

  /** Sets the one savepoint again: each would nest in the one before. */
  Mono<Void> savepoint(Session session) {
    String sql = hasSavepoint ? "release " + SAVEPOINT + "; " + SAVEPOINT : SAVEPOINT;
    hasSavepoint = true;
    return session.execute(sql);
  }

  Mono<Void> rollbackToSavepoint(Session session) {
    return session.execute("rollback to " + SAVEPOINT);
  }

  public Mono<Void> commit(Session session) {
    return session.commit().doOnSuccess(nothing -> endTransaction());
  }

  /** Ends the transaction without effect; keeps the session. */
  public Mono<Void> rollback(Session session) {
    return session.rollback().doOnSuccess(nothing -> endTransaction());
  }

  private void endTransaction() {
    inTransaction = false;
    hasSavepoint = false;
  }

  /** Returns the session after its work. */
  Mono<Void> giveBack() {
    return Mono.defer(
        () -> {
          Session session = held.getAndSet(null);
          return session == null ? Mono.empty() : session.end();
        });
  }

  /** Rolls back, returns the session and lends no other. Never fails. */
  public Mono<Void> close() {
    return Mono.fromRunnable(() -> closed = true).then(giveBack());
  }

  private static IllegalStateException closed() {
    return new IllegalStateException("the writer has been closed, or has failed");
  }

  public Mono<Void> requireOpen() {
    return closed ? Mono.error(closed()) : Mono.empty();
  }
}
