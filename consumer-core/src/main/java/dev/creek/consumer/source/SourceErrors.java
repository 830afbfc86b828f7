package dev.creek.consumer.source;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SourceException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.OutOfMemoryException;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.SchemaUnknownException;
import java.util.List;

/** The one table of errors of a source, with what helps. */
final class SourceErrors {
  private static final String AFTER_A_GAP =
      "decide what the missing changes mean for you, then begin elsewhere: startAt(Start.SNAPSHOT) with all rows, or startAt(Start.EARLIEST) with what the stream still holds";

  private SourceErrors() {}

  /**
   * The error as a program gets it; errors that are not ours are themselves.
   *
   * @param sequence of the message that was read last, or was to be
   */
  static Throwable of(Throwable error, Object about, long sequence) {
    if (error instanceof BrokerException.Gap || error instanceof MessageException.LostHead) {
      return gap(about, error, sequence);
    }
    if (error instanceof SchemaUnknownException) {
      return new SourceException.UnknownSchema(
          error.getMessage() + "; it is needed for the message at stream sequence " + sequence,
          "start the producer of this database, which publishes schemas and answers for them",
          sequence,
          error);
    }
    if (error instanceof MessageException || error instanceof OutOfMemoryException) {
      return undecodable(about, (RuntimeException) error, sequence);
    }
    return error;
  }

  static SourceException.Gap gap(Object about, Throwable error, long sequence) {
    return new SourceException.Gap(
        "changes of %s are missing%s: %s"
            .formatted(
                about,
                sequence == 0 ? "" : " from stream sequence " + sequence + " on",
                error.getMessage()),
        AFTER_A_GAP,
        sequence,
        error);
  }

  static SourceException.Undecodable undecodable(
      Object about, RuntimeException error, long sequence) {
    return new SourceException.Undecodable(
        "the message of %s at stream sequence %d cannot be read: %s"
            .formatted(about, sequence, error.getMessage()),
        remedy(error, sequence),
        sequence,
        error);
  }

  private static String remedy(RuntimeException error, long sequence) {
    String skip = "or leave it out: changes(…).skip(" + sequence + ")";
    if (error instanceof MessageException.TooLong e) {
      return "raise maxMessageBytes to %d or more, with a heap of %d MiB or more; %s"
          .formatted(e.declaredBytes(), PipelineOptions.heapFor(e.declaredBytes()) >> 20, skip);
    }
    return error instanceof OutOfMemoryException
        ? "give the program a larger heap; " + skip
        : "find out which program published it; " + skip;
  }

  /** Its message names types and columns; the mapper's own words may hold values. */
  static SourceException.Unmappable unmappable(
      SourceTable table, RuntimeException error, long sequence) {
    String why =
        error instanceof IllegalArgumentException
            ? String.valueOf(error.getMessage())
            : error.getClass().getName();
    return new SourceException.Unmappable(
        "the row of %s at stream sequence %d does not fit: %s".formatted(table, sequence, why),
        "change the type, or read Row; or leave the change out: changes(…).skip(%d)"
            .formatted(sequence),
        sequence,
        error);
  }

  /** What a handler signalled for a transaction, or for a part of a snapshot. */
  static SourceException.HandlerFailed handlerFailed(Transaction<?> transaction, Throwable error) {
    List<? extends Change<?>> changes = transaction.changes();
    SnapshotPart part = transaction.snapshot();
    long first = changes.isEmpty() ? 0 : changes.get(0).origin().sequence();
    String what =
        part == null
            ? "transaction %d at stream sequences %d to %d"
                .formatted(
                    transaction.id(), first, changes.get(changes.size() - 1).origin().sequence())
            : "%d rows of snapshot %s".formatted(changes.size(), part.name());
    return new SourceException.HandlerFailed(
        "the handler failed with %s for %s; the position is before it"
            .formatted(error.getClass().getName(), what),
        part == null ? first : 0,
        error);
  }
}
