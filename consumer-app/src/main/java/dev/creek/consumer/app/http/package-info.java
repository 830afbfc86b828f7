/**
 * The HTTP interface of a running service: metrics, liveness and readiness, a status page. It
 * counts the library's events, queries {@link Observed} for the rest, and changes nothing.
 */
@NullMarked
package dev.creek.consumer.app.http;

import org.jspecify.annotations.NullMarked;
