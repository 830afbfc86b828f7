package dev.creek.consumer.postgres.session;

/**
 * A pooler between us and the server, such as PgBouncer, by what it lets a session keep. A pooler
 * that gives a session's server process away between the statements of one transaction (PgBouncer's
 * {@code pool_mode = statement}) cannot be worked through.
 */
public enum Pooler {
  /** None: settings go with the start of a session, and last as long as it does. */
  NONE,

  /**
   * A server process for as long as the connection lasts. Settings are told behind its start, as
   * such poolers refuse most of them there.
   */
  SESSION,

  /**
   * A server process for as long as a transaction lasts. Nothing is kept longer: each transaction
   * begins with its settings, no statement stays prepared, locks that last are those of a
   * transaction of their own, and the database is looked at every two seconds instead of listened
   * to.
   */
  TRANSACTION;

  /** Tells whether what a statement leaves in its session is there for the next one. */
  public boolean keepsSessions() {
    return this != TRANSACTION;
  }
}
