/**
 * Alters a target table when the source's schema has changed, as the table's policy says: at the
 * border between the two schemas, in the transaction that moves the position past it. It must not
 * know how rows are written.
 */
@NullMarked
package dev.creek.consumer.postgres.schema;

import org.jspecify.annotations.NullMarked;
