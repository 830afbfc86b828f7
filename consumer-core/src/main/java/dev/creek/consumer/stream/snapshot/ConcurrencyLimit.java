package dev.creek.consumer.stream.snapshot;

import dev.creek.consumer.stream.SnapshotOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Limits how many tasks run at once; others wait in the order of their arrival. Thread-safe. */
public final class ConcurrencyLimit {
  private final int most;
  private final Queue<Turn> waiting = new ArrayDeque<>();
  private int working;

  public ConcurrencyLimit(int most) {
    this.most = most;
  }

  /**
   * The same work, begun when it is its turn.
   *
   * @param unwanted once it completes, the work does not wait any more, and errors
   */
  public <T> Flux<T> inTurn(Flux<T> work, Mono<Void> unwanted) {
    return Flux.using(
        this::join,
        turn -> turn.come().takeUntilOther(SnapshotOrder.givenUp(unwanted)).thenMany(work),
        this::leave);
  }

  private static final class Turn {
    private final Sinks.Empty<Void> come = Sinks.empty();
    private boolean began;

    Mono<Void> come() {
      return come.asMono();
    }
  }

  private Turn join() {
    Turn turn = new Turn();
    List<Turn> next;
    synchronized (waiting) {
      waiting.add(turn);
      next = next();
    }
    next.forEach(t -> t.come.tryEmitEmpty());
    return turn;
  }

  private void leave(Turn turn) {
    List<Turn> next;
    synchronized (waiting) {
      if (turn.began) {
        working--;
      } else {
        waiting.remove(turn);
      }
      next = next();
    }
    next.forEach(t -> t.come.tryEmitEmpty());
  }

  private List<Turn> next() {
    List<Turn> next = new ArrayList<>();
    while (working < most && !waiting.isEmpty()) {
      Turn turn = waiting.remove();
      turn.began = true;
      working++;
      next.add(turn);
    }
    return next;
  }
}
