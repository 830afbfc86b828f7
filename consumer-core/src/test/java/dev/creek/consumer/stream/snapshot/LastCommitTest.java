package dev.creek.consumer.stream.snapshot;

import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

final class LastCommitTest {
  private final AtomicInteger tooLate = new AtomicInteger();
  private final LastCommit commit = new LastCommit(tooLate::incrementAndGet);
  private final Sinks.Empty<Void> unwanted = Sinks.empty();
  private final Sinks.Empty<Void> committed = Sinks.empty();
  private final Mono<Void> interruption = unwanted.asMono();

  private Mono<Void> work() {
    return commit.run(committed.asMono()).takeUntilOther(commit.unlessBegun(interruption));
  }

  private void giveUp() {
    unwanted.emitError(new CancellationException("unwanted"), Sinks.EmitFailureHandler.FAIL_FAST);
  }

  @Test
  void isNotRunWhereNobodyWantsItBefore() {
    giveUp();
    StepVerifier.create(work()).expectError(CancellationException.class).verify();
    StepVerifier.create(commit.run(Mono.error(new AssertionError("was run"))))
        .expectError(CancellationException.class)
        .verify();
    Assertions.assertThat(tooLate).hasValue(0);
  }

  @Test
  void isWaitedForWhereItRuns() {
    StepVerifier.create(work())
        .expectSubscription()
        .then(this::giveUp)
        .then(() -> Assertions.assertThat(tooLate).hasValue(1))
        .then(committed::tryEmitEmpty)
        .verifyComplete();
  }

  @Test
  void tellsItsOwnFailureAndIsNotTriedAgainThen() {
    StepVerifier.create(work())
        .expectSubscription()
        .then(this::giveUp)
        .then(() -> committed.tryEmitError(new IllegalStateException("refused")))
        .verifyErrorMessage("refused");
    StepVerifier.create(commit.run(Mono.empty())).expectError(CancellationException.class).verify();
  }

  @Test
  void mayBeTriedAgainWhereEverybodyStillWantsIt() {
    StepVerifier.create(commit.run(Mono.error(new IllegalStateException("busy"))))
        .verifyErrorMessage("busy");
    StepVerifier.create(commit.run(Mono.empty())).verifyComplete();
  }
}
