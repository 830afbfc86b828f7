/**
 * Checks before the service runs: whether the server, the role's privileges, the tables and the
 * source allow what the configuration requires. Changes nothing.
 */
@NullMarked
package dev.creek.consumer.postgres.check;

import org.jspecify.annotations.NullMarked;
