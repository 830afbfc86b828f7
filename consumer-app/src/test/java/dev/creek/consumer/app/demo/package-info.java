/**
 * The demo: a shop whose tables the packaged service keeps equal between two real PostgreSQL
 * servers of different versions, in one command. {@link dev.creek.consumer.app.demo.Demo} is the
 * order of events; {@code Stage} starts and ends everything, {@code Workload} keeps the shop busy,
 * {@code Observer} asks both servers how it goes, and a {@code View} shows it.
 */
@NullMarked
package dev.creek.consumer.app.demo;

import org.jspecify.annotations.NullMarked;
