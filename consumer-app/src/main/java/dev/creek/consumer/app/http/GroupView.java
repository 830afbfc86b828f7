package dev.creek.consumer.app.http;

import org.jspecify.annotations.Nullable;

/**
 * The group of a table.
 *
 * @param name name of the group
 * @param membership {@code member} or {@code apart}; null if that is not known
 */
public record GroupView(String name, @Nullable String membership) {}
