package dev.creek.consumer.source;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** A position in memory. */
final class MemoryPositions implements Positions {
  private @Nullable StoredPosition stored;

  @Override
  public Mono<StoredPosition> load() {
    return Mono.fromSupplier(this::stored);
  }

  private synchronized @Nullable StoredPosition stored() {
    return stored;
  }

  @Override
  public Mono<Void> begin(StoredPosition at) {
    return Mono.fromRunnable(() -> set(at));
  }

  private synchronized void set(StoredPosition at) {
    stored = at;
  }

  @Override
  public Mono<Boolean> move(StoredPosition to, long from, long below) {
    return Mono.fromSupplier(() -> moved(to, from, below));
  }

  private synchronized boolean moved(StoredPosition to, long from, long below) {
    StoredPosition now = stored;
    boolean same = now == null || Objects.equals(now.position().stream(), to.position().stream());
    long sequence = now == null ? 0 : now.position().sequence();
    boolean moves = same && sequence >= from && sequence < below;
    if (moves) {
      stored = to;
    }
    return moves;
  }
}
