/** Metrics: the recorder interface and its no-op. No metrics library in core. */
@NullMarked
package dev.creek.consumer.metrics;

import org.jspecify.annotations.NullMarked;
