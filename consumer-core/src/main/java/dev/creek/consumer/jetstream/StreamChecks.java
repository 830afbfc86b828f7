package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.stream.ReadListener;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/**
 * The requests that a {@link PullSession} makes about its stream while it reads: whether there is a
 * hole before the received messages, and how far an idle table has been read. Runs on {@link
 * Link#scheduler()}.
 *
 * <p>The answers are not part of any result, so they are subscribed to here; disposing ends them.
 */
final class StreamChecks implements Disposable {
  private final JetStreamApi api;
  private final PullConsumer consumer;
  private final PullWindow window;
  private final Outlet outlet;
  private final HoleSource holes;
  private final Holes known;
  private final String subject;
  private final Disposable.Swap proof = Disposables.swap();
  private final Disposable.Swap frontier = Disposables.swap();
  private final @Nullable Follower follower;

  /** A reader without end, which needs to know how far an idle subject has been read. */
  interface Follower {

    /** The request for that is refused. */
    void refused(BrokerException.Denied denied);

    /** It is not refused, or not any more. */
    void answered();
  }

  /**
   * Checks for one consumer.
   *
   * @param known holes of the stream that do not count
   * @param subject the one that the consumer reads; {@link JetStreamApi#EVERY_SUBJECT}: all
   *     messages
   * @param follower null if reading ends by itself, so that the position of an idle subject is not
   *     needed
   */
  StreamChecks(
      JetStreamApi api,
      HoleSource holes,
      Holes known,
      PullConsumer consumer,
      PullWindow window,
      Outlet outlet,
      String subject,
      @Nullable Follower follower) {
    this.api = api;
    this.holes = holes;
    this.known = known;
    this.consumer = consumer;
    this.window = window;
    this.outlet = outlet;
    this.subject = subject;
    this.follower = follower;
  }

  /**
   * Proves packets by a request for the stream's current beginning and holes.
   *
   * @param then runs when that is done
   */
  void prove(PullWindow.Proof question, Runnable then) {
    proof.update(
        streamNow()
            .flatMap(now -> holes.of(now).doOnNext(list -> proved(question, now, list)))
            .subscribe(list -> then.run(), outlet::fail));
  }

  private void proved(PullWindow.Proof question, StreamState now, Holes list) {
    if (!window.mayForget()) {
      GapCheck.holds(question.first(), now);
    }
    requireWhole(list, question.first(), question.last(), now);
    window.proved(question, now.first());
    outlet.filled();
  }

  private void requireWhole(Holes list, long from, long to, StreamState now) {
    long hole = window.firstUnread(list, known, from, to);
    if (hole <= to) {
      throw GapCheck.hole(hole, now);
    }
  }

  private Mono<StreamState> streamNow() {
    return api.stream(consumer.stream().name())
        .switchIfEmpty(Mono.error(() -> new ReadInterrupted("the stream is gone")))
        .doOnNext(now -> GapCheck.sameStream(consumer.stream(), now));
  }

  /**
   * Moves the position of an idle table with its stream; otherwise retention would later look like
   * a gap.
   */
  void moveFrontier() {
    PullWindow.Idle idle = window.idleNow();
    Follower reported = follower;
    if (idle != null && reported != null) {
      frontier.update(
          readUpTo(idle)
              .doOnSuccess(asked -> reported.answered())
              // A late answer is no error: the heartbeat detects an outage.
              .doOnError(BrokerException.Denied.class, reported::refused)
              .onErrorResume(BrokerException.Unavailable.class, e -> Mono.empty())
              .subscribe(this::moveTo, outlet::fail));
    }
  }

  private Mono<Long> readUpTo(PullWindow.Idle idle) {
    return streamNow().delayUntil(now -> check(idle, now)).flatMap(now -> reached(idle, now));
  }

  /**
   * The place up to which the table has been read; empty while messages are on their way. Errors
   * with {@link BrokerException}.
   */
  Mono<ReadListener.Read> howFar() {
    return Mono.fromSupplier(window::idleNow)
        .flatMap(this::readUpTo)
        .mapNotNull(
            upTo -> {
              // Messages that came since may be older.
              PullWindow.Idle still = window.idleNow();
              return still == null ? null : new ReadListener.Read(upTo, still.left());
            });
  }

  private Mono<Void> check(PullWindow.Idle idle, StreamState now) {
    if (idle.live()) {
      return Mono.empty();
    }
    GapCheck.holds(idle.next(), now);
    return holes.of(now).doOnNext(list -> requireWhole(list, idle.next(), now.last(), now)).then();
  }

  /**
   * The state of the stream was read <em>first</em>: if the stream now holds no message of this
   * subject that is still to come, everything that it held then has come, or belongs to other
   * tables. The consumer is not asked: it learns of a stored message a moment after the stream, and
   * reports until then that nothing is pending.
   *
   * <p>Where all messages are read, the stream's end tells it mostly. A sequence after the last one
   * read may be of a message that comes, or of one that was deleted.
   */
  private Mono<Long> reached(PullWindow.Idle idle, StreamState then) {
    if (subject.equals(JetStreamApi.EVERY_SUBJECT) && then.last() < idle.next()) {
      return Mono.just(then.last());
    }
    return api.nextMessage(consumer.stream().name(), subject, idle.next())
        .hasElement()
        .filter(more -> !more)
        .map(none -> then.last());
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
