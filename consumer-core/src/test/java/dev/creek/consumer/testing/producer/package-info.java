/**
 * A Creek producer for tests, the demo and benchmarks: the logical replication of a real PostgreSQL
 * in, the wire of either generation on a real NATS JetStream out.
 *
 * <p>It is the instrument by which the consumer is judged, so it shares next to nothing with it:
 * its own Avro encoder, schemas and framing, checked against captures of the real producer. Only
 * {@link dev.creek.consumer.testing.producer.TestProducer} and the types it names are for use.
 */
@NullMarked
package dev.creek.consumer.testing.producer;

import org.jspecify.annotations.NullMarked;
