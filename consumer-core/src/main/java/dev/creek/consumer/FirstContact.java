package dev.creek.consumer;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.retry.Backoff;
import dev.creek.consumer.stream.OutageLog;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Waits at the start of a run for a server that is not there, as long as waiting may help. */
final class FirstContact {
  private static final Logger log = LoggerFactory.getLogger(FirstContact.class);

  /**
   * A broker may ask another server about credentials, and that one may be away for a moment. Who
   * mistyped a password is to learn it while he still looks.
   */
  private static final Duration REFUSED_PATIENCE = Duration.ofSeconds(10);

  private long refusedSince;
  private boolean refused;

  private FirstContact() {}

  /**
   * The server, once it can be worked with.
   *
   * @param name how logs call it
   * @return errors where that will not be: refused credentials, missing privileges
   */
  static <T> Mono<T> with(Mono<T> server, String name) {
    return Mono.defer(
        () -> {
          FirstContact contact = new FirstContact();
          OutageLog waiting = new OutageLog(log, "Waiting for " + name, "Reached " + name);
          return server
              .retryWhen(
                  Backoff.OUTAGE
                      .retries()
                      .filter(contact::mayPass)
                      .doBeforeRetry(signal -> waiting.failed(signal.failure())))
              .doOnSuccess(there -> waiting.over());
        });
  }

  /** Called for one attempt after the other. */
  private boolean mayPass(Throwable error) {
    if (error instanceof BrokerException.Refused) {
      long now = System.nanoTime();
      refusedSince = refused ? refusedSince : now;
      refused = true;
      return now - refusedSince < REFUSED_PATIENCE.toNanos();
    }
    refused = false;
    return error instanceof BrokerException.Unavailable
        || (error instanceof DatabaseException answer && answer.unreachable());
  }
}
