/**
 * How the messages of pull consumers come in: {@link dev.creek.consumer.jetstream.pull.PullReader},
 * and its plain implementation with a subscription of the NATS client. The other one is in {@code
 * jetstream.direct}. See ADR 11.
 */
@NullMarked
package dev.creek.consumer.jetstream.pull;

import org.jspecify.annotations.NullMarked;
