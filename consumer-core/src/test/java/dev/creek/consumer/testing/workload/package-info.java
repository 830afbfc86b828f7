/**
 * A random workload on a real source PostgreSQL, for tests that hold a target against its source:
 * seeded and reproducible, without knowledge of producer or consumer.
 *
 * <p>{@link dev.creek.consumer.testing.workload.RandomWorkload} makes the tables and changes them;
 * {@link dev.creek.consumer.testing.workload.EffectLog} tells how often each change took effect.
 */
@NullMarked
package dev.creek.consumer.testing.workload;

import org.jspecify.annotations.NullMarked;
