package dev.creek.consumer.stream;

/**
 * A schema is not known yet in any place: memory, the cache table, the schema stream, the producer.
 */
public final class SchemaUnknownException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SchemaUnknownException(String message) {
    super(message);
  }
}
