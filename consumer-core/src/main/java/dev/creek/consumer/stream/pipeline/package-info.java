/**
 * A table's life: its phases, each a type that holds only what is valid in it, the reading and
 * writing inside them, and the lag, the state and the reason that they report.
 */
@NullMarked
package dev.creek.consumer.stream.pipeline;

import org.jspecify.annotations.NullMarked;
