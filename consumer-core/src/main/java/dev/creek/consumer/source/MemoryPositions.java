package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** A position in memory. */
final class MemoryPositions implements Positions {
  private @Nullable Position stored;

  @Override
  public Mono<Position> load() {
    return Mono.fromSupplier(this::stored);
  }

  private synchronized @Nullable Position stored() {
    return stored;
  }

  @Override
  public Mono<Void> begin(Position at) {
    return Mono.fromRunnable(() -> set(at));
  }

  private synchronized void set(Position at) {
    stored = at;
  }

  @Override
  public Mono<Boolean> move(Position to, long from, long below) {
    return Mono.fromSupplier(() -> moved(to, from, below));
  }

  private synchronized boolean moved(Position to, long from, long below) {
    Position now = stored;
    boolean same = now == null || Objects.equals(now.stream(), to.stream());
    long sequence = now == null ? 0 : now.sequence();
    boolean moves = same && sequence >= from && sequence < below;
    if (moves) {
      stored = to;
    }
    return moves;
  }
}
