/**
 * Definitions of the source that no change carries – constraints, indexes, defaults, sequences,
 * comments – created on the target's tables once their rows are there. Reads both catalogs, and
 * creates what the target lacks; knows neither positions nor the control schema.
 */
@NullMarked
package dev.creek.consumer.postgres.definition;

import org.jspecify.annotations.NullMarked;
