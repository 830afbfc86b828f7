/**
 * Groups of tables from end to end: what the transactions of a source keep over several tables is
 * never seen broken at the target.
 */
@NullMarked
package dev.creek.consumer.groups;

import org.jspecify.annotations.NullMarked;
