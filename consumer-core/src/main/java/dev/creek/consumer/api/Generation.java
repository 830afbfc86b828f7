package dev.creek.consumer.api;

/**
 * The two generations of the Creek producer's wire; they differ in stream names, subjects and the
 * envelope.
 */
public enum Generation {
  /** 2023: one set of streams per namespace, shared by all databases. */
  OLD,
  /** 2025: one set of streams per database, {@code Nats-Msg-Id} headers. */
  NEW
}
