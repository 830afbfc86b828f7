package dev.creek.consumer.stream.pipeline;

import reactor.core.publisher.Mono;

/**
 * A phase of a table's pipeline. It holds only what is valid in it. Running it completes with the
 * next phase, or empty when the pipeline has ended. An outage or an error is a transition, never an
 * error signal.
 *
 * <pre>
 * Waiting -> Streaming -> Waiting (outage) | Stopped (failed, gap) | Yielding (fenced) | end (stopped)
 * Stopped, Yielding -> Streaming (tried again)
 * Streaming -> Searching (a batch failed) -> Streaming (change by change)
 * Waiting, Stopped -> Yielding (another instance has the table) | end (stopped, not active any more)
 * any but Snapshotting -> Snapshotting (ordered) -> Streaming, whatever came of it
 * </pre>
 */
sealed interface Phase permits Waiting, Streaming, Searching, Stopped, Yielding, Snapshotting {
  Mono<Phase> run();
}
