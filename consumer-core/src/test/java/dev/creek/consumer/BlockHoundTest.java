package dev.creek.consumer;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** If BlockHound is not installed, every other test's claim of not blocking is worth nothing. */
final class BlockHoundTest {

  @Test
  void blockingOnAParallelThreadIsCaught() {
    Mono.fromRunnable(() -> LockSupport.parkNanos(1))
        .subscribeOn(Schedulers.parallel())
        .as(StepVerifier::create)
        .expectError(BlockingOperationError.class)
        .verify(Duration.ofSeconds(10));
  }
}
