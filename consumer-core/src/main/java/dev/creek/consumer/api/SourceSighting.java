package dev.creek.consumer.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that the broker's streams tell of a source table's name. Whether the table exists they do
 * not: a producer publishes nothing of a table that nobody changes.
 *
 * @param source the table
 * @param published whether the streams hold a change, a schema or a snapshot of it
 * @param similar tables of its database that something is published of and whose names are nearly
 *     the same, the nearest first
 */
public record SourceSighting(SourceTable source, boolean published, List<SourceTable> similar) {
  public SourceSighting {
    similar = List.copyOf(similar);
  }

  /** In words for the user; null where something of the table is published. */
  public @Nullable String reason() {
    if (published) {
      return null;
    }
    String nothing = "nothing of " + source + " has been published yet";
    return similar.isEmpty() ? nothing : nothing + ", but of " + similar.get(0);
  }

  /** The name that was meant, perhaps; null where none is near. */
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
