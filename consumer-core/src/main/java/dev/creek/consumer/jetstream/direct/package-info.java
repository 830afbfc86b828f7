/**
 * Reads the messages of pull requests from the client's socket, without the client's parsing and
 * queues. All other bytes are passed on to the NATS client unchanged. See ADR 11.
 */
@NullMarked
package dev.creek.consumer.jetstream.direct;

import org.jspecify.annotations.NullMarked;
