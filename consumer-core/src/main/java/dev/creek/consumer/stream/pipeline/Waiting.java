package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.TableState;
import dev.creek.consumer.stream.Backoff;
import dev.creek.consumer.stream.Claim;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Before the first claim, and through outages.
 *
 * @param claim the claim that it had, to show the reason; null before the first
 * @param reason what it waits for; null before the first
 * @param hint what somebody has to do; null where it passes by itself
 * @param proof what will end the waiting, for people
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
