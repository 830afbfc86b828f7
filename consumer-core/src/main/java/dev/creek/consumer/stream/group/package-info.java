/**
 * Tables that are applied together: one reader of their source database, and one target transaction
 * for each source transaction, over all of them.
 */
@NullMarked
package dev.creek.consumer.stream.group;

import org.jspecify.annotations.NullMarked;
