package dev.creek.consumer.wire;

/** The kind of a row change: the {@code op} of a WAL message, in the order of the wire's enum. */
public enum Operation {
  INSERT,
  UPDATE,
  UPDATE_KEY,
  DELETE,
  TRUNCATE,
  READ
}
