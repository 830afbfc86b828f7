package dev.creek.consumer.jetstream;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * The actions that the server does not allow. It reports them apart from the requests, which it
 * leaves unanswered, so each request listens for its own denial. Thread-safe.
 */
final class Denials {
  private final Set<Predicate<Denial>> listeners = ConcurrentHashMap.newKeySet();
  private final Runnable onDeaf;
  private volatile @Nullable Denial deaf;

  /**
   * No denials yet.
   *
   * @param onDeaf runs when the client may not receive the answers to requests
   */
  Denials(Runnable onDeaf) {
    this.onDeaf = onDeaf;
  }

  /**
   * Calls back, on a thread of the client, with each action that the server does not allow; dispose
   * to end it.
   *
   * @param listener returns true if the denial concerns it
   */
  Disposable listen(Predicate<Denial> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /** The first denial of this kind from now on. */
  Mono<Denial> first(Predicate<Denial> kind) {
    return Mono.create(
        sink ->
            sink.onDispose(
                listen(
                    denial -> {
                      boolean concerned = kind.test(denial);
                      if (concerned) {
                        sink.success(denial);
                      }
                      return concerned;
                    })));
  }

  /**
   * The reason why no answer to a request can come on this connection; null if answers can come.
   */
  @Nullable Denial deaf() {
    return deaf;
  }

  /** The server has refused something; a subscription of no reader is the client's, for answers. */
  void refused(Denial denial) {
    if (!report(denial) && denial.act() == Denial.Act.SUBSCRIBE) {
      Denial ofAnswers = denial.ofAnswers();
      deaf = ofAnswers;
      report(ofAnswers);
      onDeaf.run();
    }
  }

  private boolean report(Denial denial) {
    boolean known = false;
    for (Predicate<Denial> listener : listeners) {
      known |= listener.test(denial);
    }
    return known;
  }

  /** The connection has ended; on another one, answers may come. */
  void connectionLost() {
    deaf = null;
  }
}
