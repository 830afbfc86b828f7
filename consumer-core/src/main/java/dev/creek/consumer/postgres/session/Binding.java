package dev.creek.consumer.postgres.session;

import io.r2dbc.spi.Statement;
import java.time.Instant;
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
