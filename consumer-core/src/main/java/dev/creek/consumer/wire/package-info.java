/**
 * The format of what a Creek producer publishes on NATS JetStream: subjects, packets, messages,
 * schemas. It turns bytes into meaning; no I/O.
 *
 * <p>Input is the payload of JetStream messages and the JSON of schema messages; output is {@link
 * dev.creek.consumer.wire.Change} and {@link dev.creek.consumer.wire.WalSchema}. Must not know the
 * broker's client, the database or Reactor.
 */
@NullMarked
package dev.creek.consumer.wire;

import org.jspecify.annotations.NullMarked;
