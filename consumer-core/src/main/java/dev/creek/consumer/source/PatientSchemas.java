package dev.creek.consumer.source;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.retry.Backoff;
import dev.creek.consumer.stream.SchemaFinder;
import dev.creek.consumer.stream.SchemaUnknownException;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.WalSchema;
import reactor.core.publisher.Mono;

/**
 * Looks schemas up again while the broker is away, and for a while if nobody knows one: a change
 * may come before its schema.
 */
record PatientSchemas(SchemaFinder schemas) implements SchemaFinder {
  /** With the producer's time to answer, some half a minute. */
  private static final long ATTEMPTS = 5;

  @Override
  public Mono<WalSchema> find(SourceTable source, Fingerprint fingerprint) {
    return schemas
        .find(source, fingerprint)
        .retryWhen(Backoff.OUTAGE.retries().filter(PatientSchemas::isOutage))
        .retryWhen(
            Backoff.OUTAGE
                .retries(ATTEMPTS)
                .filter(SchemaUnknownException.class::isInstance)
                .onRetryExhaustedThrow((spec, last) -> last.failure()));
  }

  /** Tells whether the broker is away, which passes. */
  static boolean isOutage(Throwable error) {
    return error instanceof BrokerException.Unavailable
        && !(error instanceof BrokerException.Denied)
        && !(error instanceof BrokerException.Refused);
  }
}
