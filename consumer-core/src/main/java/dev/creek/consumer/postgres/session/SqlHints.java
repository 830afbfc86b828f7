package dev.creek.consumer.postgres.session;

import org.jspecify.annotations.Nullable;

/** The remedy for an SQLSTATE, known to the caller. */
@FunctionalInterface
public interface SqlHints {
  SqlHints NONE = state -> null;

  @Nullable String forState(String sqlState);
}
