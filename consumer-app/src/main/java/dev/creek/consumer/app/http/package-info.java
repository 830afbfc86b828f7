/**
 * What others may see of a running service over HTTP: metrics, whether it lives and is ready, a
 * status page. It counts what the library tells, asks {@link Observed} for the rest, and changes
 * nothing.
 */
@NullMarked
package dev.creek.consumer.app.http;

import org.jspecify.annotations.NullMarked;
