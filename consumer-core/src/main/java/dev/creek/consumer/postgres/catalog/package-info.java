/**
 * The definition of a target table: its columns, types, keys and unique indexes from the catalog,
 * the creation of tables from a source's schema, and the SQL that makes a table fit. Knows nothing
 * of changes or positions.
 */
@NullMarked
package dev.creek.consumer.postgres.catalog;

import org.jspecify.annotations.NullMarked;
