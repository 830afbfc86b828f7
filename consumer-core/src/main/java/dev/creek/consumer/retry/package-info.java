/** Pauses between attempts, for every package that tries again. Knows Reactor only. */
@NullMarked
package dev.creek.consumer.retry;

import org.jspecify.annotations.NullMarked;
