/**
 * The benchmark: the packaged service, PostgreSQL's own logical replication and plain COPY, on the
 * same data in one run. {@link dev.creek.consumer.app.bench.Bench} is the order of events; a {@code
 * Dataset} says what is changed, a {@code Feed} changes it on a real source, a {@code Contender}
 * brings it to the target, and {@code Results} are reported as text, JSON and Markdown.
 */
@NullMarked
package dev.creek.consumer.app.bench;

import org.jspecify.annotations.NullMarked;
