/**
 * The invariant machine: random source tables, targets that differ from them, random histories with
 * snapshots, schema changes, restarts and acts of others; and one judgement about each table: it
 * equals its source, or it says that it does not.
 *
 * <p>A case is planned from its seed alone ({@link dev.creek.consumer.machine.CasePlanner}), run
 * against real servers ({@link dev.creek.consumer.machine.CaseRun}) and judged ({@link
 * dev.creek.consumer.machine.Judge}).
 */
@NullMarked
package dev.creek.consumer.machine;

import org.jspecify.annotations.NullMarked;
