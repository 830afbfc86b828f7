package dev.creek.consumer.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

final class BackoffTest {
  private static final Backoff BACKOFF =
      Backoff.of(Duration.ofMillis(100), Duration.ofMillis(1000));

  @Test
  void pausesDoubleUpToTheLongestAndVaryByAFifth() {
    Backoff backoff = BACKOFF;
    for (long expected : new long[] {100, 200, 400, 800, 1000, 1000}) {
      assertThat(backoff.pause().toMillis()).isBetween(expected * 4 / 5, expected * 6 / 5);
      backoff = backoff.next();
    }
  }

  @Test
  void retriesPauseAsLongAndEndAfterAsManyAsWereAskedFor() {
    var attempts = new AtomicInteger();
    StepVerifier.withVirtualTime(
            () ->
                Mono.error(new IOException("away"))
                    .doOnSubscribe(again -> attempts.incrementAndGet())
                    .retryWhen(BACKOFF.retries(3)))
        .expectSubscription()
        .expectNoEvent(Duration.ofMillis((100 + 200 + 400) * 4 / 5 - 1))
        .thenAwait(Duration.ofMillis((100 + 200 + 400) * 2 / 5 + 1))
        .expectErrorMatches(Exceptions::isRetryExhausted)
        .verify();
    assertThat(attempts).hasValue(4);
  }
}
