package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.TableState;
import dev.creek.consumer.retry.Backoff;
import dev.creek.consumer.stream.Claim;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Before the first claim, and during outages.
 *
 * @param claim the claim that it had, to show the reason; null before the first
 * @param reason the reason for the wait; null before the first
 * @param hint the remedy; null if it passes by itself
 * @param proof the event that ends the wait, for display
 */
public record Waiting(
    TablePipeline line,
    @Nullable Claim claim,
    @Nullable String reason,
    @Nullable String hint,
    Backoff backoff,
    Proof proof)
    implements Phase {

  static Waiting first(TablePipeline line) {
    return new Waiting(line, null, null, null, Backoff.OUTAGE, Proof.READING);
  }

  @Override
  public Mono<Phase> run() {
    if (reason == null) {
      return line.claimThenStream(null, backoff, proof);
    }
    TableState state = new TableState(TableState.Name.WAITING, reason, hint);
    return line.report()
        .enter(claim, state)
        .then(line.pause(backoff))
        .then(line.nextOr(null, () -> line.claimThenStream(null, backoff.next(), proof)));
  }
}
