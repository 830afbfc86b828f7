package dev.creek.consumer.jetstream;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Asks about each thing one question at a time: all that ask while it is being answered share the
 * next answer. So everybody gets an answer to a question that was put after they asked, and
 * hundreds of tables of one stream put two questions. Whoever stops waiting leaves the question to
 * the others. Thread-safe.
 *
 * @param <K> the thing
 * @param <V> the answer
 */
final class Coalesced<K, V> {
  private final Function<K, Mono<V>> question;
  private final ConcurrentMap<K, Mono<V>> being = new ConcurrentHashMap<>();
  private final ConcurrentMap<K, Mono<V>> next = new ConcurrentHashMap<>();

  Coalesced(Function<K, Mono<V>> question) {
    this.question = question;
  }

  /** The answer; empty, and errors, as the question. */
  Mono<V> ask(K about) {
    return Mono.defer(() -> next.computeIfAbsent(about, this::following));
  }

  private Mono<V> following(K about) {
    @Nullable Mono<V> before = being.get(about);
    Mono<Void> free = before == null ? Mono.empty() : before.then().onErrorComplete();
    return free.then(Mono.defer(() -> put(about))).cache();
  }

  /** From here on, others wait for the next answer. */
  private Mono<V> put(K about) {
    Mono<V> asked = question.apply(about).cache();
    being.put(about, asked);
    next.remove(about);
    return asked.doFinally(end -> being.remove(about, asked));
  }
}
