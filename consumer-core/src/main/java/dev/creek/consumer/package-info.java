/**
 * The facade: the few public types with which another JVM program runs a Creek consumer. It knows
 * every package below and is known by none of them.
 */
@NullMarked
package dev.creek.consumer;

import org.jspecify.annotations.NullMarked;
