/**
 * The types of the library's public face, beside {@link dev.creek.consumer.CreekConsumer} and its
 * options: values that its methods take and return, and the failures that they report. Immutable
 * where not said otherwise. They show nothing of the rooms behind them.
 */
@NullMarked
package dev.creek.consumer.api;

import org.jspecify.annotations.NullMarked;
