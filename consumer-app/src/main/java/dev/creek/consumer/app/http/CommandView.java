package dev.creek.consumer.app.http;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A command as the page shows it.
 *
 * @param id its number
 * @param at when it was asked
 * @param by the role that asked; null where nobody knows
 * @param command as its user would write it
 * @param outcome {@code pending}, {@code ok} or {@code failed}
 * @param status {@code queued}, {@code running}, {@code ok}, or the error
 * @param detail what was done, or what is waited for
 * @param startedAt when it was begun; null while it is queued
 * @param finishedAt when it ended; null while it has not
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
