/**
 * Real servers for tests, the demo and the benchmark: PostgreSQL 13 to 18 and nats-server with
 * JetStream, each started in its own process on loopback, able to be stopped, killed and started
 * again. They know nothing of the consumer, and nothing of JUnit but in the two extensions.
 *
 * <p>No server outlives the JVM that started it, however that ends: {@link
 * dev.creek.consumer.testing.Watchdog} sees to it.
 */
@NullMarked
package dev.creek.consumer.testing;

import org.jspecify.annotations.NullMarked;
