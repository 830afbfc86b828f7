/**
 * Row images as Avro's generic records: a schema that Avro accepts for each shape that the wire
 * has, and Avro's own reader. Only the library's sources of changes use it; what is applied to
 * PostgreSQL never becomes an object. No I/O.
 */
@NullMarked
package dev.creek.consumer.avro;

import org.jspecify.annotations.NullMarked;
