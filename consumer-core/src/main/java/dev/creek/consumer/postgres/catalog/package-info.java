/**
 * What a target table is: its columns, types, keys and unique indexes as the catalog has them,
 * tables that are created from a source's schema, and the SQL that makes a table fit. Knows nothing
 * of changes or positions.
 */
@NullMarked
package dev.creek.consumer.postgres.catalog;

import org.jspecify.annotations.NullMarked;
