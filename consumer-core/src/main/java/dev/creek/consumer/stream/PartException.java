package dev.creek.consumer.stream;

/** One table's part of a batch of several tables could not be written. */
public final class PartException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient TableWriter writer;

  /**
   * The failure of one table.
   *
   * @param writer the table's writer
   * @param cause as that writer would report it
   */
  public PartException(TableWriter writer, Throwable cause) {
    super(cause.getMessage(), cause);
    this.writer = writer;
  }

  /** The writer of the table that is the cause. */
  public TableWriter writer() {
    return writer;
  }
}
