package dev.creek.consumer.postgres.session;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Schedulers;

/**
 * Answers the same question about many things in one statement: while one is being answered, others
 * are gathered for the next. When hundreds of tables begin at once, that is two statements instead
 * of hundreds. A question that the common statement leaves open, or fails for, is asked alone.
 * Thread-safe.
 *
 * @param <K> the thing
 * @param <R> the answer
 */
public final class Gathered<K, R> {
  private static final Logger log = LoggerFactory.getLogger(Gathered.class);
  private static final int MOST = 500;

  /** The common statement waits for no lock; nobody is held up by it for longer. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Function<List<K>, Mono<Map<K, R>>> together;
  private final Function<K, Mono<R>> alone;
  private final Queue<Question<K, R>> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean asking = new AtomicBoolean();

  private record Question<K, R>(K about, MonoSink<R> answer) {}

  /**
   * @param together must not wait for locks; things without an answer are asked alone
   */
  public Gathered(Function<List<K>, Mono<Map<K, R>>> together, Function<K, Mono<R>> alone) {
    this.together = together;
    this.alone = alone;
  }

  /** The answer; errors, and is empty, as the question that is asked alone. */
  public Mono<R> ask(K about) {
    return Mono.create(
        answer -> {
          Question<K, R> question = new Question<>(about, answer);
          answer.onCancel(() -> waiting.remove(question));
          waiting.add(question);
          next();
        });
  }

  private void next() {
    if (waiting.isEmpty() || !asking.compareAndSet(false, true)) {
      return;
    }
    Map<K, Question<K, R>> questions = new LinkedHashMap<>();
    List<Question<K, R>> others = new ArrayList<>();
    for (int i = 0; i < MOST; i++) {
      Question<K, R> question = waiting.poll();
      if (question == null) {
        break;
      }
      if (questions.putIfAbsent(question.about(), question) != null) {
        others.add(question);
      }
    }
    if (questions.isEmpty()) {
      over();
      return;
    }
    Mono.defer(() -> together.apply(List.copyOf(questions.keySet())))
        .timeout(LIMIT)
        .onErrorResume(
            e -> {
              log.debug("{} questions are asked one by one", questions.size(), e);
              return Mono.empty();
            })
        .defaultIfEmpty(Map.of())
        // Answers lead to other statements: not within the callback of the connection's return.
        .publishOn(Schedulers.parallel())
        .contextWrite(questions.values().iterator().next().answer().contextView())
        .subscribe(
            answers -> {
              over();
              questions
                  .values()
                  .forEach(question -> answer(question, answers.get(question.about())));
              others.forEach(question -> answer(question, null));
            });
  }

  private void over() {
    asking.set(false);
    next();
  }

  private void answer(Question<K, R> question, @Nullable R known) {
    MonoSink<R> sink = question.answer();
    if (known != null) {
      sink.success(known);
      return;
    }
    sink.onDispose(
        Mono.defer(() -> alone.apply(question.about()))
            .contextWrite(sink.contextView())
            .subscribe(sink::success, sink::error, sink::success));
  }
}
