package dev.creek.consumer.api;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * The target table cannot take the wire's values; the hint is the exact statement that fixes it.
 */
public final class ShapeMismatchException extends ConsumerException {
  private static final long serialVersionUID = 1L;

  private final transient List<SchemaDifference> differences;

  public ShapeMismatchException(String reason, String hint) {
    this(reason, hint, List.of());
  }

  /** An error whose hint are the statements that end these differences. */
  public ShapeMismatchException(String reason, List<SchemaDifference> differences) {
    this(
        reason,
        differences.stream()
            .flatMap(difference -> difference.sql().stream())
            .collect(Collectors.joining("\n")),
        differences);
  }

  /** The same, with another hint. */
  public ShapeMismatchException(String reason, String hint, List<SchemaDifference> differences) {
    super(reason, hint, null);
    this.differences = List.copyOf(differences);
  }

  /** The same error for the message at a sequence. */
  public ShapeMismatchException at(long sequence) {
    return new ShapeMismatchException(
        "message at sequence " + sequence + ": " + getMessage(), hint(), differences());
  }

  /** The differences that are the cause; empty if it is another one. */
  public List<SchemaDifference> differences() {
    return differences == null ? List.of() : differences;
  }

  /** The action that helps, such as the {@code ALTER TABLE} to run. */
  @Override
  public String hint() {
    return Objects.requireNonNull(super.hint());
  }
}
