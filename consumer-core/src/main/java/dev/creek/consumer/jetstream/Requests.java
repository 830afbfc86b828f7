package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.text.ErrorWords;
import io.nats.client.JetStreamStatusException;
import io.nats.client.Message;
import io.nats.client.NUID;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Mono;

/**
 * Requests over the shared connection, to JetStream and to producers, without blocking a thread.
 * Answers are emitted on {@link Link#scheduler()}.
 */
final class Requests {
  private static final byte[] NOTHING = {};

  private final Link link;
  private final String apiPrefix;
  private final Duration timeout;

  Requests(Link link, BrokerOptions options) {
    this.link = link;
    apiPrefix = options.apiPrefix();
    timeout = options.requestTimeout();
  }

  /** A subject of JetStream's API. */
  String apiSubject(String request) {
    return apiPrefix + request;
  }

  /**
   * Sends a request to JetStream.
   *
   * @param request the part of its subject after the API's prefix
   * @return errors with {@link BrokerException.Unavailable} if there is no answer
   */
  Mono<Message> toJetStream(String request, byte[] body) {
    return to(apiSubject(request), body, timeout);
  }

  /** Work for which closing the connection waits a moment: {@link Link#finishing}. */
  <T> Mono<T> finishing(Mono<T> work) {
    return link.finishing(work);
  }

  /**
   * Sends a request to the listeners of {@code subject}.
   *
   * @return errors with {@link NoResponder} if there is no listener, otherwise with {@link
   *     BrokerException.Unavailable}
   */
  Mono<Message> to(String subject, byte[] body, Duration limit) {
    return link.open()
        .publishOn(link.scheduler())
        .flatMap(
            open ->
                Mono.firstWithSignal(
                    denied(subject),
                    Mono.fromFuture(
                        () -> open.connection().requestWithTimeout(subject, body, limit))))
        .timeout(limit)
        .publishOn(link.scheduler())
        .onErrorMap(e -> unavailable(subject, limit, e));
  }

  /** Errors if the server does not allow the request: then it does not answer. */
  private Mono<Message> denied(String subject) {
    Denials denials = link.denials();
    Denial deaf = denials.deaf();
    return deaf != null
        ? Mono.error(deaf.error())
        : denials
            .first(denial -> denial.isOfAnswers() || denial.isOfPublishing(subject))
            .flatMap(denial -> Mono.error(denial.error()));
  }

  /**
   * Tests whether publishing to a subject is allowed, and publishes nothing. The message has a
   * subject for the answer that is reserved for the server. The server refuses that for every user,
   * after it has checked the permission.
   *
   * @return the refused action; empty if it is allowed, or the server does not say
   */
  Mono<Denial> refusedPublishing(String subject) {
    String reserved = "_R_.creek_" + NUID.nextGlobal();
    return link.open()
        .publishOn(link.scheduler())
        .flatMap(
            open ->
                Mono.firstWithSignal(
                    link.denials()
                        .first(
                            denial ->
                                denial.isOfPublishing(subject) || denial.isOfReplying(reserved)),
                    Mono.<Denial>fromRunnable(
                            () -> open.connection().publish(subject, reserved, NOTHING))
                        .then(Mono.never())))
        .timeout(timeout, Mono.empty())
        .publishOn(link.scheduler())
        .onErrorMap(e -> unavailable(subject, timeout, e))
        .filter(denial -> !denial.isOfReplying(reserved));
  }

  /**
   * Sends JetStream a request that it answers with a refusal or with an error, and that changes
   * nothing.
   *
   * @param request the part of its subject after the API's prefix
   * @return the refused action; empty if JetStream answered, if only that there is no such
   *     consumer; errors with {@link BrokerException.Unavailable} if there was no answer
   */
  Mono<BrokerException.Denied> refusedAsking(String request) {
    return toJetStream(request, NOTHING)
        .then(Mono.<BrokerException.Denied>empty())
        .onErrorResume(BrokerException.Denied.class, Mono::just)
        .onErrorResume(e -> e.getCause() instanceof JetStreamStatusException, e -> Mono.empty());
  }

  /** The subject of a request has no listener. */
  static final class NoResponder extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoResponder(String subject) {
      super("no subscriber listens to " + subject);
    }
  }

  private Throwable unavailable(String subject, Duration limit, Throwable e) {
    if (e instanceof BrokerException || e instanceof ApiException) {
      return e;
    }
    if (e instanceof JetStreamStatusException) {
      return subject.startsWith(apiPrefix)
          ? new BrokerException.Unavailable("NATS has no JetStream here, or not yet: " + subject, e)
          : new NoResponder(subject);
    }
    if (e instanceof TimeoutException || e instanceof CancellationException) {
      return new BrokerException.Unavailable(
          "NATS did not answer within %s: %s".formatted(ErrorWords.shown(limit), subject), e);
    }
    return new BrokerException.Unavailable(
        "NATS could not be asked: %s: %s".formatted(subject, ErrorWords.of(e)), e);
  }
}
