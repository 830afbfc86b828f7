package dev.creek.consumer.wire;

/** What happened to a row: the {@code op} of a WAL message, in the order of the wire's enum. */
public enum Operation {
  INSERT,
  UPDATE,
  UPDATE_KEY,
  DELETE,
  TRUNCATE,
  READ
}
