package dev.creek.consumer.stream;

/**
 * Nobody knows a schema yet: neither memory, nor the cache table, nor the schema stream, nor the
 * producer.
 */
public final class SchemaUnknownException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SchemaUnknownException(String message) {
    super(message);
  }
}
