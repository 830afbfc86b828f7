/**
 * The packaged service as a process, for tests, the demo and the benchmark. It knows the jar's
 * command line and nothing of its classes.
 */
@NullMarked
package dev.creek.consumer.app.testing;

import org.jspecify.annotations.NullMarked;
