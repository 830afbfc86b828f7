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
import io.nats.client.impl.Headers;
import io.nats.client.support.Status;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
  private static final int MISSED_HEARTBEATS = 3;
  private static final String LAST_CONSUMER_SEQUENCE = "Nats-Last-Consumer";

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

  /** Number of messages received: the consumer counts them from 1. */
  private volatile long received;

  private volatile long heardAt;
  private long heardBefore;
  private int missed;
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
    resources.add(link.onDenial(this::onDenial));
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
    heardAt = now;
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
    heardAt = now;
    if (message.isStatusMessage()) {
      onStatus(message, now);
    } else {
      interrupted("a message came that JetStream did not send");
    }
  }

  private void onStatus(Message message, long now) {
    Status status = message.getStatus();
    switch (status.getCode()) {
      case Status.FLOW_OR_HEARTBEAT_STATUS_CODE -> onHeartbeat(message.getHeaders());
      case Status.NOT_FOUND_CODE, Status.REQUEST_TIMEOUT_CODE -> pullEnded(message, now);
      case Status.CONFLICT_CODE -> onConflict(message, status.getMessage(), now);
      case Status.NO_RESPONDERS_CODE -> interrupted("the consumer is gone");
      default -> interrupted(status.getMessageWithCode());
    }
  }

  private void onConflict(Message message, String why, long now) {
    if (why.startsWith(Status.MESSAGE_SIZE_EXCEEDS_MAX_BYTES)) {
      heard();
      window.pullEndedByBytes(pullNumber(message), now);
      askSoon();
    } else if (why.startsWith(Status.BATCH_COMPLETED)) {
      pullEnded(message, now);
    } else {
      interrupted(why);
    }
  }

  private void pullEnded(Message message, long now) {
    heard();
    window.pullEnded(pullNumber(message), now);
    askSoon();
  }

  /**
   * It follows everything sent before it, so it shows that a last message did not come. More may
   * have come since: not every way lets messages wait for it.
   */
  private void onHeartbeat(@Nullable Headers headers) {
    String sent = headers == null ? null : headers.getFirst(LAST_CONSUMER_SEQUENCE);
    if (sent != null && number(sent) > received) {
      interrupted("messages were lost on the way");
      return;
    }
    heard();
    PullWindow.Proof proof = window.nextProof(true);
    if (proof != null) {
      link.execute(() -> checks.prove(proof, this::ask));
    }
  }

  /** A number that cannot be read is greater than all. */
  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  /** A status comes to the subject for the answer to the request. */
  private int pullNumber(Message status) {
    String subject = status.getSubject();
    try {
      return Integer.parseInt(subject, inbox.length(), subject.length(), 10);
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      return -1;
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
    missed = 0;
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
    long heard = heardAt;
    missed = window.isAsked() && heard == heardBefore ? missed + 1 : 0;
    heardBefore = heard;
    if (missed >= MISSED_HEARTBEATS) {
      outlet.fail(
          new ReadInterrupted(
              "the broker sends no heartbeat",
              "look whether stream "
                  + consumer.stream().name()
                  + " has a leader (nats stream info), and at nats-server's log"));
    }
  }
}
