package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.stream.snapshot.SnapshotTask;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Orders that a pipeline has not taken up yet, in order. Thread-safe. */
final class SnapshotQueue {
  private final Queue<SnapshotTask> tasks = new ArrayDeque<>();
  private final Sinks.Many<Boolean> arrivals = Sinks.many().multicast().directBestEffort();
  private boolean closed;

  /** Returns false if the pipeline has ended. */
  boolean offer(SnapshotTask task) {
    synchronized (tasks) {
      if (closed) {
        return false;
      }
      tasks.add(task);
    }
    // Another thread may notify a listener that subscribes at the same moment; a later one looks
    // first.
    arrivals.emitNext(true, (signal, result) -> result == Sinks.EmitResult.FAIL_NON_SERIALIZED);
    return true;
  }

  /** The next order that is still wanted. */
  @Nullable SnapshotTask take() {
    synchronized (tasks) {
      SnapshotTask task = tasks.poll();
      while (task != null && !task.takeUp()) {
        task = tasks.poll();
      }
      return task;
    }
  }

  /** Completes when there is one. */
  Mono<Void> arrived() {
    return Flux.merge(arrivals.asFlux(), Mono.just(true))
        .filter(signal -> hasOrders())
        .next()
        .then();
  }

  private boolean hasOrders() {
    synchronized (tasks) {
      return !tasks.isEmpty();
    }
  }

  /** Accepts no more orders; returns those that were not taken up. */
  List<SnapshotTask> close() {
    synchronized (tasks) {
      closed = true;
      List<SnapshotTask> left = new ArrayList<>(tasks);
      tasks.clear();
      return left;
    }
  }
}
