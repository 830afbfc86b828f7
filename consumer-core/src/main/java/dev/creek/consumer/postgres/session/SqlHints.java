package dev.creek.consumer.postgres.session;

import org.jspecify.annotations.Nullable;

/** What the user can do about an SQLSTATE, where it is done. */
@FunctionalInterface
public interface SqlHints {
  SqlHints NONE = state -> null;

  @Nullable String forState(String sqlState);
}
