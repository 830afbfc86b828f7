/**
 * The control schema: its scripts and migrations, subscriptions, commands, cached schemas, claims,
 * instances with their heartbeat, and notifications. Everything that a user's SQL functions use is
 * here.
 */
@NullMarked
package dev.creek.consumer.postgres.control;

import org.jspecify.annotations.NullMarked;
