/**
 * Writes a batch and its position in one transaction: plans, the statements that delete, update,
 * insert and copy, changes in source order if the folded form is refused, changes that come again,
 * and explanations of refused writes.
 */
@NullMarked
package dev.creek.consumer.postgres.apply;

import org.jspecify.annotations.NullMarked;
