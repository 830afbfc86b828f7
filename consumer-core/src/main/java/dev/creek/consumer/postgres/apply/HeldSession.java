package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A session that is held while work lasts, and its open transaction: of one writer, or of all
 * writers of a group. It is held in a field and not by an operator: {@link #close()} must find it
 * whatever was cancelled, and when. Only {@code close} may be called beside another call.
 */
final class HeldSession {
  /** In a transaction: constraints that can wait for the commit do not mind the order. */
  static final String DEFER_CONSTRAINTS = "set constraints all deferred";

  private static final String SAVEPOINT = "savepoint creek_part";

  private final Sessions sessions;
  private final AtomicReference<@Nullable Session> held = new AtomicReference<>();
  private volatile boolean closed;
  private boolean inTransaction;
  private boolean hasSavepoint;
  private boolean deferred;

  /** Writers whose claimed rows the open transaction has locked. */
  private final Set<WriterSession> locked = Collections.newSetFromMap(new IdentityHashMap<>());

  HeldSession(Sessions sessions) {
    this.sessions = sessions;
  }

  boolean inTransaction() {
    return inTransaction;
  }

  /** The session, borrowed if there is none. */
  Mono<Session> session() {
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

  /** The session, with a transaction. */
  Mono<Session> transaction() {
    return session()
        .flatMap(
            session ->
                inTransaction
                    ? Mono.just(session)
                    : session
                        .begin()
                        .doOnSuccess(nothing -> inTransaction = true)
                        .thenReturn(session));
  }

  /** Lets constraints wait for the commit if they can, from before the first savepoint on. */
  Mono<Void> deferConstraints() {
    return transaction()
        .filter(session -> !deferred)
        .flatMap(
            session -> session.execute(DEFER_CONSTRAINTS).doOnSuccess(nothing -> deferred = true));
  }

  /** The same once more, if a statement has ended the deferral. */
  Mono<Void> deferAgain() {
    return deferred
        ? session().flatMap(session -> session.execute(DEFER_CONSTRAINTS))
        : Mono.empty();
  }

  /** Tells whether the open transaction has locked a writer's claimed row. */
  boolean hasLocked(WriterSession writer) {
    return locked.contains(writer);
  }

  /** Notes that it has. */
  void nowHasLocked(WriterSession writer) {
    locked.add(writer);
  }

  /** Sets the one savepoint again: each would nest in the one before. */
  Mono<Void> savepoint(Session session) {
    return session.execute(again());
  }

  /** The same; constraints that can wait for the commit do so behind it. */
  Mono<Void> deferringSavepoint(Session session) {
    return session.execute(again() + "; " + DEFER_CONSTRAINTS);
  }

  private String again() {
    String sql = hasSavepoint ? "release " + SAVEPOINT + "; " + SAVEPOINT : SAVEPOINT;
    hasSavepoint = true;
    return sql;
  }

  Mono<Void> rollbackToSavepoint(Session session) {
    return session.execute("rollback to " + SAVEPOINT);
  }

  Mono<Void> commit(Session session) {
    return session.commit().doOnSuccess(nothing -> endTransaction());
  }

  /** Ends the transaction without effect; keeps the session. */
  Mono<Void> rollback(Session session) {
    return session.rollback().doOnSuccess(nothing -> endTransaction());
  }

  private void endTransaction() {
    inTransaction = false;
    hasSavepoint = false;
    deferred = false;
    locked.clear();
  }

  /** Returns the session after its work; rolls back an open transaction. Never fails. */
  Mono<Void> giveBack() {
    return Mono.defer(
        () -> {
          Session session = held.getAndSet(null);
          return session == null ? Mono.empty() : session.end();
        });
  }

  /** The same after an error; others may work with it afterwards. Never fails. */
  Mono<Void> abandon() {
    return giveBack().then(Mono.fromRunnable(this::endTransaction));
  }

  /** Rolls back, returns the session and lends no other. Never fails. */
  Mono<Void> close() {
    return Mono.fromRunnable(() -> closed = true).then(giveBack());
  }

  private static IllegalStateException closed() {
    return new IllegalStateException("the writer has been closed, or has failed");
  }

  Mono<Void> requireOpen() {
    return Mono.defer(() -> closed ? Mono.error(closed()) : Mono.empty());
  }
}
