package dev.creek.consumer.api;

import dev.creek.consumer.text.Remedy;
import org.jspecify.annotations.Nullable;

/** A snapshot cannot be applied. */
public final class SnapshotException extends ConsumerException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message description of the error
   * @param hint the remedy
   */
  public SnapshotException(String message, @Nullable String hint) {
    super(message, hint, null);
  }

  public SnapshotException(String message, @Nullable String hint, Throwable cause) {
    super(message, hint, cause);
  }

  /** No stream holds a snapshot with this subject. */
  public static SnapshotException unknown(String subject, SourceTable source) {
    return new SnapshotException("there is no snapshot " + subject, listing(source));
  }

  /** The same, if the table may have another name. */
  public static SnapshotException unknown(String subject, SourceTable source, String suggestion) {
    return new SnapshotException(
        "there is no snapshot " + subject, suggestion + " Else " + listing(source));
  }

  private static String listing(SourceTable source) {
    return Remedy.command("list-snapshots", source)
        + " shows which there are (a program: snapshots().published(source))";
  }
}
