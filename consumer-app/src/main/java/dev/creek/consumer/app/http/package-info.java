/**
 * What others may ask of a running service: metrics and whether it lives. Knows the library's
 * recorder, no table.
 */
@NullMarked
package dev.creek.consumer.app.http;

import org.jspecify.annotations.NullMarked;
