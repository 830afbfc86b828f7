package dev.creek.consumer.jetstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.LogException;
import dev.creek.consumer.stream.StreamIdentity;
import io.nats.client.Message;
import io.nats.client.Subscription;
import io.nats.client.impl.Headers;
import io.nats.client.support.Status;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;

/**
 * One consumer at the broker and what it sends, until the first trouble: then it errors with {@link
 * ReadInterrupted}, or with {@link LogException.Gap}, and drops what has not left yet. Used once.
 *
 * <p>Three threads meet here. The client's dispatcher puts messages into the {@link PullWindow} and
 * goes on. {@link Link#scheduler()} asks and watches. The options' scheduler emits; only one of its
 * threads at a time.
 */
final class PullSession {
  private static final int MISSED_HEARTBEATS = 3;
  private static final Duration CLEANUP_TIMEOUT = Duration.ofSeconds(1);
  private static final String LAST_CONSUMER_SEQUENCE = "Nats-Last-Consumer";

  private final Link link;
  private final Link.Open open;
  private final JetStreamApi api;
  private final JetStreamOptions options;
  private final StreamIdentity stream;
  private final String name;
  private final PullWindow window;
  private final String inbox;
  private final AckSubject ack = new AckSubject();
  private final Disposable.Composite resources = Disposables.composite();
  private final AtomicInteger drains = new AtomicInteger();

  private @Nullable FluxSink<Delivery> sink;
  private volatile @Nullable RuntimeException failure;

  /** How many messages have come: the consumer counts them from 1. */
  private volatile long received;

  private volatile long heardAt;
  private long heardBefore;
  private int missed;
  private volatile boolean begun;

  PullSession(
      Link link,
      Link.Open open,
      JetStreamApi api,
      JetStreamOptions options,
      StreamIdentity stream,
      String name,
      PullWindow window) {
    this.link = link;
    this.open = open;
    this.api = api;
    this.options = options;
    this.stream = stream;
    this.name = name;
    this.window = window;
    this.inbox = open.connection().createInbox() + ".";
  }

  /** What the consumer sends, on demand; nothing is asked for before the first demand. */
  Flux<Delivery> deliveries() {
    return Flux.create(this::start, FluxSink.OverflowStrategy.ERROR)
        .subscribeOn(link.scheduler(), false);
  }

  private void start(FluxSink<Delivery> sink) {
    this.sink = sink;
    sink.onDispose(resources);
    resources.add(link.onLoss(() -> interrupted("the connection was lost")));
    try {
      Subscription subscription = open.dispatcher().subscribe(inbox + "*", this::onMessage);
      resources.add(() -> unsubscribe(subscription));
    } catch (IllegalStateException e) {
      interrupted("the connection was lost");
      return;
    }
    every(options.heartbeat(), this::watch);
    every(options.frontierInterval(), this::moveFrontier);
    sink.onRequest(n -> onDemand());
  }

  private void every(Duration period, Runnable task) {
    long nanos = period.toNanos();
    resources.add(link.scheduler().schedulePeriodically(task, nanos, nanos, TimeUnit.NANOSECONDS));
  }

  /** Never on the cancelling thread: telling the broker may wait for a lock. */
  private void unsubscribe(Subscription subscription) {
    onLink(
        () -> {
          try {
            open.dispatcher().unsubscribe(subscription);
          } catch (IllegalStateException e) {
            // Closed with the connection.
          }
        });
  }

  /** Deletes the consumer, best effort; the broker does it too, later. */
  Mono<Void> close() {
    return Mono.fromRunnable(resources::dispose)
        .then(api.deleteConsumer(stream.name(), name))
        .timeout(CLEANUP_TIMEOUT)
        .onErrorComplete();
  }

  // ---- the dispatcher's thread

  private void onMessage(Message message) {
    long now = System.nanoTime();
    heardAt = now;
    if (message.isStatusMessage()) {
      onStatus(message, now);
      return;
    }
    String reply = message.getReplyTo();
    if (reply == null || !ack.read(reply)) {
      interrupted("a message came that JetStream did not send");
    } else if (ack.consumerSequence() != received + 1) {
      interrupted("messages were lost on the way");
    } else {
      received = ack.consumerSequence();
      boolean asks =
          window.arrived(
              ack.streamSequence(),
              message.getData(),
              message.consumeByteCount(),
              ack.pending(),
              now);
      if (asks) {
        onLink(this::ask);
      }
      drainIfWanted();
    }
  }

  private void onStatus(Message message, long now) {
    Status status = message.getStatus();
    int pull = pullNumber(message.getSubject());
    switch (status.getCode()) {
      case Status.FLOW_OR_HEARTBEAT_STATUS_CODE -> onHeartbeat(message.getHeaders());
      case Status.NOT_FOUND_CODE, Status.REQUEST_TIMEOUT_CODE -> {
        window.pullEnded(pull, now);
        onLink(this::ask);
      }
      case Status.CONFLICT_CODE -> onConflict(status.getMessage(), pull, now);
      case Status.NO_RESPONDERS_CODE -> interrupted("the consumer is gone");
      default -> interrupted(status.getMessageWithCode());
    }
  }

  private void onConflict(String why, int pull, long now) {
    if (why.startsWith(Status.MESSAGE_SIZE_EXCEEDS_MAX_BYTES)) {
      window.pullEndedByBytes(pull, now);
      onLink(this::ask);
    } else if (why.startsWith(Status.BATCH_COMPLETED)) {
      window.pullEnded(pull, now);
      onLink(this::ask);
    } else {
      interrupted(why);
    }
  }

  /** It follows everything sent before it, so it tells of a last message that did not come. */
  private void onHeartbeat(@Nullable Headers headers) {
    String sent = headers == null ? null : headers.getFirst(LAST_CONSUMER_SEQUENCE);
    if (sent != null && !sent.equals(Long.toString(received))) {
      interrupted("messages were lost on the way");
      return;
    }
    PullWindow.Proof proof = window.nextProof(true);
    if (proof != null) {
      onLink(() -> prove(proof));
    }
  }

  private int pullNumber(String subject) {
    try {
      return Integer.parseInt(subject, inbox.length(), subject.length(), 10);
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      return -1;
    }
  }

  // ---- the link's thread

  private void onLink(Runnable task) {
    if (!link.isClosed()) {
      link.scheduler().schedule(task);
    }
  }

  private void ask() {
    if (resources.isDisposed()) {
      return;
    }
    if (begun) {
      PullWindow.Pull pull = window.nextPull(System.nanoTime());
      if (pull != null) {
        send(pull);
      }
    }
    PullWindow.Proof proof = window.nextProof(false);
    if (proof != null) {
      prove(proof);
    }
  }

  private void send(PullWindow.Pull pull) {
    missed = 0;
    String body =
        "{\"batch\":"
            + pull.messages()
            + (pull.bytes() > 0 ? ",\"max_bytes\":" + pull.bytes() : "")
            + ",\"expires\":"
            + options.pullExpiry().toNanos()
            + ",\"idle_heartbeat\":"
            + options.heartbeat().toNanos()
            + "}";
    try {
      open.connection()
          .publish(
              api.nextSubject(stream.name(), name), inbox + pull.number(), body.getBytes(US_ASCII));
    } catch (IllegalStateException e) {
      interrupted("the connection was lost");
    }
  }

  private void prove(PullWindow.Proof proof) {
    resources.add(
        streamNow().doOnNext(now -> proved(proof, now)).subscribe(now -> ask(), this::fail));
  }

  private void proved(PullWindow.Proof proof, StreamState now) {
    if (!window.mayForget()) {
      GapCheck.holds(proof.first(), now);
    }
    window.proved(proof, now.first());
    drain();
  }

  private Mono<StreamState> streamNow() {
    return api.stream(stream.name())
        .switchIfEmpty(Mono.error(() -> new ReadInterrupted("the stream is gone")))
        .doOnNext(now -> GapCheck.sameStream(stream, now));
  }

  /** Silence while an answer is owed: the broker forgot us, or we it. */
  private void watch() {
    long heard = heardAt;
    missed = window.isAsked() && heard == heardBefore ? missed + 1 : 0;
    heardBefore = heard;
    if (missed >= MISSED_HEARTBEATS) {
      interrupted("the broker sends no heartbeat");
    }
  }

  /**
   * Moves the position of an idle table with its stream, else retention behind it would look like a
   * gap later. The stream is asked <em>first</em>: what it held then, and the consumer later still
   * has nothing of, is of other tables.
   */
  private void moveFrontier() {
    if (!window.isIdle()) {
      return;
    }
    resources.add(
        streamNow()
            .flatMap(
                then ->
                    api.consumer(stream.name(), name)
                        .filter(this::hasNothing)
                        .doOnNext(consumer -> window.idleUpTo(then.last())))
            .subscribe(consumer -> drainIfWanted(), this::fail));
  }

  private boolean hasNothing(ConsumerState consumer) {
    return consumer.pending() == 0 && consumer.deliveredConsumer() == received;
  }

  // ---- emission

  private void onDemand() {
    if (!begun) {
      begun = true;
      onLink(this::ask);
    }
    drain();
  }

  private void interrupted(String reason) {
    fail(new ReadInterrupted(reason));
  }

  private void fail(Throwable e) {
    if (failure == null) {
      failure =
          e instanceof LogException.Gap || e instanceof ReadInterrupted
              ? (RuntimeException) e
              : new ReadInterrupted(String.valueOf(e.getMessage()));
    }
    drain();
  }

  private void drainIfWanted() {
    FluxSink<Delivery> to = sink;
    if (to != null && to.requestedFromDownstream() > 0) {
      drain();
    }
  }

  private void drain() {
    if (drains.getAndIncrement() == 0) {
      options.scheduler().schedule(this::emitAll);
    }
  }

  private void emitAll() {
    FluxSink<Delivery> to = sink;
    int seen = drains.get();
    do {
      if (to != null) {
        emit(to);
      }
      seen = drains.addAndGet(-seen);
    } while (seen != 0);
  }

  private void emit(FluxSink<Delivery> to) {
    while (failure == null && !to.isCancelled() && to.requestedFromDownstream() > 0) {
      Delivery delivery = window.take(options.deliveryPackets(), options.deliveryBytes());
      if (delivery == null) {
        return;
      }
      to.next(delivery);
      if (!window.isAsked()) {
        onLink(this::ask);
      }
    }
    RuntimeException e = failure;
    if (e != null) {
      to.error(e);
    }
  }
}
