package dev.creek.consumer.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the broker's streams show about a source table's name. They do not show whether
 * the table exists: a producer publishes nothing of a table that does not change.
 *
 * @param source the table
 * @param published whether the streams hold a change, a schema or a snapshot of it
 * @param similar tables of its database that are in the streams and have nearly the same name, the
 *     most similar first
 */
public record SourceSighting(SourceTable source, boolean published, List<SourceTable> similar) {
  public SourceSighting {
    similar = List.copyOf(similar);
  }

  /** A sentence for the user; null if the streams hold something of the table. */
  public @Nullable String reason() {
    if (published) {
      return null;
    }
    String nothing = "nothing of " + source + " has been published yet";
    return similar.isEmpty() ? nothing : nothing + ", but of " + similar.get(0);
  }

  /** The name that was probably meant; null if none is similar. */
  public @Nullable String suggestion() {
    if (published || similar.isEmpty()) {
      return null;
    }
    SourceTable nearest = similar.get(0);
    boolean otherCase = nearest.toString().equalsIgnoreCase(source.toString());
    return "did you mean "
        + nearest
        + (otherCase ? "? Names are taken as they are written, upper and lower case too" : "?");
  }
}
