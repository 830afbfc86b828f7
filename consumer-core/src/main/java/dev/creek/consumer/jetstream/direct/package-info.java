/**
 * Messages of a pull that pass the NATS client by: the socket's bytes are looked through, and what
 * a pull asked for is handed to its reader without the client's own parsing and queues. See ADR 11.
 */
@NullMarked
package dev.creek.consumer.jetstream.direct;

import org.jspecify.annotations.NullMarked;
