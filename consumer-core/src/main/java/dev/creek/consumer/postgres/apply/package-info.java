/**
 * A batch and its position in one transaction: plans, the statements that delete, update, insert
 * and copy, changes in source order where the folded form is refused, changes that come again, and
 * what a refused write means.
 */
@NullMarked
package dev.creek.consumer.postgres.apply;

import org.jspecify.annotations.NullMarked;
