/**
 * The control schema: its scripts and migrations, subscriptions, commands, cached schemas, claims,
 * instances with their heartbeat, and notifications. Whatever a user's SQL functions touch is here.
 */
@NullMarked
package dev.creek.consumer.postgres.control;

import org.jspecify.annotations.NullMarked;
