/**
 * The broker: the only package that knows NATS. Reads a table's packets from JetStream under real
 * demand, detects which generation of the wire a database uses, and looks schemas up.
 *
 * <p>Input is {@link dev.creek.consumer.api.BrokerOptions}; output is defined by {@link
 * dev.creek.consumer.stream.ChangeLog}. Must not know the content of a packet, except schema
 * messages, nor anything of the database.
 */
@NullMarked
package dev.creek.consumer.jetstream;

import org.jspecify.annotations.NullMarked;
