package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.stream.FencedException;
import reactor.core.publisher.Mono;

/**
 * The session that a writer holds while it works, and its open transaction; in a group, those of
 * the group. Only {@link #close} may be called beside another call.
 */
public final class WriterSession {
  private final PositionSql position;
  private final HeldSession own;

  /** The writer's own, or the group's. */
  private volatile HeldSession held;

  public WriterSession(Sessions sessions, PositionSql position) {
    this.position = position;
    this.own = new HeldSession(sessions);
    this.held = own;
  }

  /** Works in a session that other writers use as well, until it is told otherwise. */
  void share(HeldSession shared) {
    held = shared;
  }

  /** Works in a session of its own again. */
  void unshare() {
    held = own;
  }

  boolean inTransaction() {
    return held.inTransaction();
  }

  /** The session, borrowed if there is none. */
  public Mono<Session> session() {
    return Mono.defer(() -> held.session());
  }

  /**
   * The session with a transaction that holds the claimed row, so that no other process can claim
   * the table.
   */
  public Mono<Session> transaction() {
    return Mono.defer(
        () -> {
          HeldSession used = held;
          return used.transaction()
              .flatMap(
                  session ->
                      used.hasLocked(this)
                          ? Mono.just(session)
                          : session
                              .update(position.lock(), position::bindClaim)
                              .flatMap(this::requireClaim)
                              .doOnSuccess(nothing -> used.nowHasLocked(this))
                              .thenReturn(session));
        });
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

  /** Defers constraints again if the transaction had deferred them. */
  Mono<Void> deferAgain() {
    return Mono.defer(() -> held.deferAgain());
  }

  Mono<Void> savepoint(Session session) {
    return held.savepoint(session);
  }

  Mono<Void> deferringSavepoint(Session session) {
    return held.deferringSavepoint(session);
  }

  Mono<Void> rollbackToSavepoint(Session session) {
    return held.rollbackToSavepoint(session);
  }

  public Mono<Void> commit(Session session) {
    return held.commit(session);
  }

  /** Ends the transaction without effect; keeps the session. */
  public Mono<Void> rollback(Session session) {
    return held.rollback(session);
  }

  /** Returns the session after its work. */
  Mono<Void> giveBack() {
    return held.giveBack();
  }

  /**
   * Rolls back, returns the session and lends no other. A group's session stays the group's. Never
   * fails.
   */
  public Mono<Void> close() {
    return own.close();
  }

  public Mono<Void> requireOpen() {
    return own.requireOpen();
  }
}
