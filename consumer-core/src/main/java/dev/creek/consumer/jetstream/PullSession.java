package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.jetstream.pull.MessagePlace;
import dev.creek.consumer.jetstream.pull.PullIntake;
import dev.creek.consumer.jetstream.pull.PullReceiver;
import dev.creek.consumer.jetstream.pull.SubjectTable;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.Packet;
import io.nats.client.Message;
import io.nats.client.PullRequestOptions;
import io.nats.client.Subscription;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * The messages of one consumer, on demand, until the first problem: then it errors with {@link
 * ReadInterrupted}, or with {@link BrokerException.Gap}, and drops what has not been emitted yet.
 *
 * <p>Up to four threads meet here. The one of the {@link PullIntake} puts messages into the {@link
 * PullWindow} and goes on to those of other tables. The client's dispatcher, which may be the same,
 * receives the broker's other messages, maybe later. {@link Link#scheduler()} sends requests and
 * watches. The {@link Outlet} emits.
 */
final class PullSession implements PullReceiver {
  private final Link link;
  private final Link.Open open;
  private final JetStreamApi api;
  private final BrokerOptions options;
  private final PullConsumer consumer;
  private final SubjectTable tables;
  private final PullWindow window;
  private final Outlet outlet;
  private final StreamChecks checks;
  private final Runnable onHeard;
  private final String inbox;
  private final Disposable.Composite resources;
  private final Silence silence = new Silence();

  /** Number of messages received: the consumer counts them from 1. */
  private volatile long received;

  private volatile boolean begun;

  /** Set twice at worst, when both threads receive the first message at once: it does no harm. */
  private volatile boolean answered;

  private PullSession(
      Link link,
      Link.Open open,
      JetStreamApi api,
      BrokerOptions options,
      PullConsumer consumer,
      SubjectTable tables,
      PullWindow window,
      Checks checks,
      Runnable onHeard,
      FluxSink<Delivery> sink) {
    this.link = link;
    this.open = open;
    this.api = api;
    this.options = options;
    this.consumer = consumer;
    this.tables = tables;
    this.window = window;
    this.onHeard = onHeard;
    outlet = new Outlet(options, window, sink, this::askIfDue);
    this.checks = checks.of(outlet);
    resources = Disposables.composite(this.checks, window::close);
    inbox = open.connection().createInbox() + ".";
    sink.onDispose(resources);
  }

  /** Requests about the stream while it is read. */
  interface Checks {
    StreamChecks of(Outlet outlet);
  }

  /**
   * Deliveries of a new consumer; nothing is requested before the first demand. For one reader.
   *
   * @param tables finds the tables of its messages
   * @param onHeard runs once, when the broker is known to answer requests
   */
  static Flux<Delivery> deliveries(
      Link link,
      Link.Open open,
      JetStreamApi api,
      BrokerOptions options,
      PullConsumer consumer,
      SubjectTable tables,
      PullWindow window,
      Checks checks,
      Runnable onHeard) {
    return Flux.<Delivery>create(
            sink ->
                new PullSession(
                        link, open, api, options, consumer, tables, window, checks, onHeard, sink)
                    .start(sink),
            FluxSink.OverflowStrategy.ERROR)
        .subscribeOn(link.scheduler(), false);
  }

  private void start(FluxSink<Delivery> sink) {
    resources.add(link.onLoss(this::connectionLost));
    resources.add(link.denials().listen(this::onDenial));
    PullIntake intake = link.reader().intake(consumer.name(), tables, this, this::onOther);
    resources.add(intake.registration());
    try {
      Subscription subscription = open.dispatcher().subscribe(inbox + "*", intake.handler());
      resources.add(() -> link.execute(() -> unsubscribe(subscription)));
    } catch (IllegalStateException e) {
      connectionLost();
      return;
    }
    every(options.heartbeat(), this::watch);
    every(options.frontierInterval(), checks::moveFrontier);
    sink.onRequest(n -> onDemand());
  }

  private void every(Duration period, Runnable task) {
    long nanos = period.toNanos();
    resources.add(link.scheduler().schedulePeriodically(task, nanos, nanos, TimeUnit.NANOSECONDS));
  }

  private void unsubscribe(Subscription subscription) {
    try {
      open.dispatcher().unsubscribe(subscription);
    } catch (IllegalStateException e) {
      // Closed with the connection.
    }
  }

  private void onDemand() {
    if (!begun) {
      begun = true;
      askSoon();
    }
    outlet.demanded();
  }

  private void connectionLost() {
    interrupted("the connection was lost");
  }

  /** The broker does not answer a request that it does not allow. */
  private boolean onDenial(Denial denial) {
    boolean concerned =
        denial.isOfPublishing(api.nextSubject(consumer)) || denial.isOfSubscribing(inbox + "*");
    if (concerned) {
      outlet.fail(denial.error());
    }
    return concerned;
  }

  private void heard() {
    if (!answered) {
      answered = true;
      onHeard.run();
    }
  }

  private void interrupted(String reason) {
    outlet.fail(new ReadInterrupted(reason));
  }

  // ---- the thread of the intake

  @Override
  public void onMessage(MessagePlace place, byte[] data, long wireBytes) {
    long consumerSequence = place.consumerSequence();
    if (consumerSequence != received + 1) {
      interrupted("messages were lost on the way");
      return;
    }
    long now = System.nanoTime();
    silence.heard(now);
    received = consumerSequence;
    heard();
    var packet = new Packet(place.streamSequence(), data, place.table());
    window.arrived(packet, wireBytes, place.pending(), now);
  }

  @Override
  public void onPause() {
    if (window.isAskDue()) {
      askSoon();
    }
    if (window.hasReady()) {
      outlet.filled();
    }
  }

  // ---- the dispatcher's thread

  private void onOther(Message message) {
    long now = System.nanoTime();
    silence.heard(now);
    PullStatus status = PullStatus.of(message, inbox);
    if (status instanceof PullStatus.Heartbeat heartbeat) {
      onHeartbeat(heartbeat);
    } else if (status instanceof PullStatus.Ended ended) {
      heard();
      window.pullEnded(ended.number(), now);
      askSoon();
    } else if (status instanceof PullStatus.EndedByBytes ended) {
      heard();
      window.pullEndedByBytes(ended.number(), now);
      askSoon();
    } else if (status instanceof PullStatus.Broken broken) {
      interrupted(broken.reason());
    }
  }

  /**
   * It follows everything sent before it, so it shows that a last message did not come. More may
   * have come since: not every way lets messages wait for it.
   */
  private void onHeartbeat(PullStatus.Heartbeat heartbeat) {
    if (heartbeat.sent() > received) {
      interrupted("messages were lost on the way");
      return;
    }
    heard();
    PullWindow.Proof proof = window.nextProof(true);
    if (proof != null) {
      link.execute(() -> checks.prove(proof, this::ask));
    }
  }

  // ---- the link's thread

  private void askSoon() {
    link.execute(this::ask);
  }

  private void askIfDue() {
    if (!window.isAsked()) {
      askSoon();
    }
  }

  private void ask() {
    if (resources.isDisposed()) {
      return;
    }
    PullWindow.Pull pull = begun ? window.nextPull(System.nanoTime()) : null;
    if (pull != null) {
      send(pull);
    }
    PullWindow.Proof proof = window.nextProof(false);
    if (proof != null) {
      checks.prove(proof, this::ask);
    }
  }

  private void send(PullWindow.Pull pull) {
    silence.asked();
    var request =
        PullRequestOptions.builder(pull.messages())
            .expiresIn(options.pullExpiry())
            .idleHeartbeat(options.heartbeat());
    if (pull.bytes() > 0) {
      request.maxBytes(pull.bytes());
    }
    byte[] body = request.build().serialize();
    try {
      open.connection().publish(api.nextSubject(consumer), inbox + pull.number(), body);
    } catch (IllegalStateException e) {
      connectionLost();
    }
  }

  /** Silence while an answer is due: the broker or this side lost the consumer. */
  private void watch() {
    if (silence.isTooLong(window.isAsked())) {
      outlet.fail(
          new ReadInterrupted(
              "the broker sends no heartbeat",
              "look whether stream "
                  + consumer.stream().name()
                  + " has a leader (nats stream info), and at nats-server's log"));
    }
  }
}
