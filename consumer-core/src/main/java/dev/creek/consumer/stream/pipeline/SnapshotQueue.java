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

/** Orders that a line has not taken up yet, in order. Thread-safe. */
final class SnapshotQueue {
  private final Queue<SnapshotTask> tasks = new ArrayDeque<>();
  private final Sinks.Many<Boolean> arrivals = Sinks.many().multicast().directBestEffort();
  private boolean closed;

  /** False where the line has ended. */
  boolean offer(SnapshotTask task) {
    synchronized (tasks) {
      if (closed) {
        return false;
      }
      tasks.add(task);
    }
    // Who listens at the same moment may be told by another thread; whoever comes later looks
    // first.
    arrivals.emitNext(true, (signal, result) -> result == Sinks.EmitResult.FAIL_NON_SERIALIZED);
    return true;
  }

  /** The next order that somebody still waits for. */
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

  /** Takes no more; what was not taken up. */
  List<SnapshotTask> close() {
    synchronized (tasks) {
      closed = true;
      List<SnapshotTask> left = new ArrayList<>(tasks);
      tasks.clear();
      return left;
    }
  }
}
