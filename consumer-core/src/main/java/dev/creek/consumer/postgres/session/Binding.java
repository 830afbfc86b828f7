package dev.creek.consumer.postgres.session;

import io.r2dbc.spi.Statement;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Parameters that may be null. */
public final class Binding {
  private Binding() {}

  public static void text(Statement statement, int index, @Nullable String value) {
    if (value == null) {
      statement.bindNull(index, String.class);
    } else {
      statement.bind(index, value);
    }
  }

  public static void texts(Statement statement, int index, String @Nullable [] values) {
    if (values == null) {
      statement.bindNull(index, String[].class);
    } else {
      statement.bind(index, values);
    }
  }

  /** One text of each, for {@code unnest}. */
  public static <T> String[] each(List<T> things, Function<T, @Nullable String> text) {
    return things.stream().map(text).toArray(String[]::new);
  }

  public static void number(Statement statement, int index, @Nullable Long value) {
    if (value == null) {
      statement.bindNull(index, Long.class);
    } else {
      statement.bind(index, value);
    }
  }

  public static void time(Statement statement, int index, @Nullable Instant value) {
    if (value == null) {
      statement.bindNull(index, Instant.class);
    } else {
      statement.bind(index, value);
    }
  }
}
