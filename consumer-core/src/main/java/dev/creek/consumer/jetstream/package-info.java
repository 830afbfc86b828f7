/**
 * The broker: the only package that knows NATS. Reads a table's packets from JetStream under real
 * demand, finds out which generation of the wire a database speaks, and looks schemas up.
 *
 * <p>Input is {@link dev.creek.consumer.api.BrokerOptions}; output is what {@link
 * dev.creek.consumer.stream.ChangeLog} promises. Must not know what is inside a packet, beyond
 * schema messages, nor anything of the database.
 */
@NullMarked
package dev.creek.consumer.jetstream;

import org.jspecify.annotations.NullMarked;
