package dev.creek.consumer.app.http;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A subscription from the database, the only source for tables that other instances handle.
 *
 * @param sequence stream sequence up to which it is applied
 * @param lsn source LSN of the last change applied, in PostgreSQL's form
 * @param group the group of tables that it is in; null for none
 * @param doubt reasons why its rows may differ from the source's
 */
public record SubscriptionView(
    String source,
    String target,
    boolean active,
    String state,
    @Nullable String reason,
    @Nullable String hint,
    @Nullable Instant committedAt,
    long rowsApplied,
    long sequence,
    String lsn,
    @Nullable GroupView group,
    IncompletenessView doubt) {

  /** A subscription in no group. */
  SubscriptionView(
      String source,
      String target,
      boolean active,
      String state,
      @Nullable String reason,
      @Nullable String hint,
      @Nullable Instant committedAt,
      long rowsApplied,
      long sequence,
      String lsn,
      IncompletenessView doubt) {
    this(
        source,
        target,
        active,
        state,
        reason,
        hint,
        committedAt,
        rowsApplied,
        sequence,
        lsn,
        null,
        doubt);
  }

  /** A subscription in no group, without such reasons. */
  SubscriptionView(
      String source,
      String target,
      boolean active,
      String state,
      @Nullable String reason,
      @Nullable String hint,
      @Nullable Instant committedAt,
      long rowsApplied,
      long sequence,
      String lsn) {
    this(
        source,
        target,
        active,
        state,
        reason,
        hint,
        committedAt,
        rowsApplied,
        sequence,
        lsn,
        IncompletenessView.NONE);
  }
}
