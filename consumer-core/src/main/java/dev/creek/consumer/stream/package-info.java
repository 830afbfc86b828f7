/**
 * One table's life: phases, transaction boundaries, batches, failure policy. Declares the ports to
 * the broker and to the database that it needs ({@link dev.creek.consumer.stream.ChangeLog}, {@link
 * dev.creek.consumer.stream.TargetTables}); must not know their clients.
 */
@NullMarked
package dev.creek.consumer.stream;

import org.jspecify.annotations.NullMarked;
