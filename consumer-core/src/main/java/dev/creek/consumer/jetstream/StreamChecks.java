package dev.creek.consumer.jetstream;

import dev.creek.consumer.stream.LogException;
import java.util.function.LongSupplier;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/**
 * The questions that a {@link PullSession} asks about its stream while it reads: whether what came
 * has a hole before it, and how far an idle table has been read. Runs on {@link Link#scheduler()}.
 *
 * <p>The answers are nobody's result, so they are subscribed to here; disposing ends them.
 */
final class StreamChecks implements Disposable {
  private final JetStreamApi api;
  private final PullConsumer consumer;
  private final PullWindow window;
  private final Outlet outlet;
  private final LongSupplier received;
  private final Disposable.Swap proof = Disposables.swap();
  private final Disposable.Swap frontier = Disposables.swap();

  /**
   * Of one consumer.
   *
   * @param received how many messages of the consumer have come
   */
  StreamChecks(
      JetStreamApi api,
      PullConsumer consumer,
      PullWindow window,
      Outlet outlet,
      LongSupplier received) {
    this.api = api;
    this.consumer = consumer;
    this.window = window;
    this.outlet = outlet;
    this.received = received;
  }

  /**
   * Proves packets by asking where the stream begins now.
   *
   * @param then runs when that is done
   */
  void prove(PullWindow.Proof question, Runnable then) {
    proof.update(
        streamNow()
            .doOnNext(now -> proved(question, now))
            .subscribe(now -> then.run(), outlet::fail));
  }

  private void proved(PullWindow.Proof question, StreamState now) {
    if (!window.mayForget()) {
      GapCheck.holds(question.first(), now);
    }
    window.proved(question, now.first());
    outlet.filled();
  }

  private Mono<StreamState> streamNow() {
    return api.stream(consumer.stream().name())
        .switchIfEmpty(Mono.error(() -> new ReadInterrupted("the stream is gone")))
        .doOnNext(now -> GapCheck.sameStream(consumer.stream(), now));
  }

  /**
   * Moves the position of an idle table with its stream, else retention behind it would look like a
   * gap later.
   */
  void moveFrontier() {
    PullWindow.Idle idle = window.idleNow();
    if (idle != null) {
      frontier.update(
          streamNow()
              .doOnNext(now -> check(idle, now))
              .flatMap(this::reached)
              // An answer that is late is no trouble: the heartbeat tells of that.
              .onErrorResume(LogException.Unavailable.class, e -> Mono.empty())
              .subscribe(this::moveTo, outlet::fail));
    }
  }

  private static void check(PullWindow.Idle idle, StreamState now) {
    if (!idle.live()) {
      GapCheck.holds(idle.next(), now);
    }
  }

  /**
   * The stream was asked <em>first</em>: what it held then, and the consumer later still has
   * nothing of, is of other tables.
   */
  private Mono<Long> reached(StreamState then) {
    return api.consumer(consumer.stream().name(), consumer.name())
        .filter(now -> now.pending() == 0 && now.deliveredConsumer() == received.getAsLong())
        .map(now -> then.last());
  }

  private void moveTo(long sequence) {
    window.idleUpTo(sequence, System.nanoTime());
    outlet.filled();
  }

  @Override
  public void dispose() {
    proof.dispose();
    frontier.dispose();
  }
}
