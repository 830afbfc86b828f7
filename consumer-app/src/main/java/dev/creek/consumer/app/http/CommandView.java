package dev.creek.consumer.app.http;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A command in the form for the page.
 *
 * @param id its number
 * @param at time of its submission
 * @param by the role that submitted it; null if it is not known
 * @param command as its user would write it
 * @param outcome {@code pending}, {@code ok} or {@code failed}
 * @param status {@code queued}, {@code running}, {@code ok}, or the error
 * @param detail description of what was done, or the reason for waiting
 * @param startedAt time of its begin; null while it is queued
 * @param finishedAt time of its end; null while it has not ended
 */
public record CommandView(
    long id,
    Instant at,
    @Nullable String by,
    String command,
    String outcome,
    String status,
    @Nullable String detail,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt) {}
