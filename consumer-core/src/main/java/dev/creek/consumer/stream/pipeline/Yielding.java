package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TableState.Name;
import dev.creek.consumer.retry.Backoff;
import dev.creek.consumer.stream.HeldException;
import reactor.core.publisher.Mono;

/**
 * The table is in this instance's share, but another instance still has it: one that has not
 * noticed the change of shares yet, or one that loads a snapshot. This pipeline waits, so that the
 * other one's work in flight is committed, and two instances whose views differ for a moment do not
 * fight. It waits for a snapshot as long as that takes, for an instance only for a while.
 *
 * @param reason which instance has it
 * @param snapshot whether for a snapshot
 */
record Yielding(TablePipeline line, String reason, boolean snapshot, Backoff backoff)
    implements Phase {
  /** The other instance needs a moment to let go, which is not worth a message. */
  private static final int QUIET = 3;

  /** About six seconds: longer than views can differ. */
  private static final int PATIENCE = 8;

  static Yielding first(TablePipeline line, String reason) {
    return new Yielding(line, reason, false, Backoff.YIELD);
  }

  /** After another refusal. */
  Yielding again(HeldException held) {
    return new Yielding(line, held.getMessage(), held.bySnapshot(), backoff.next());
  }

  @Override
  public Mono<Phase> run() {
    return shown()
        .then(line.pause(backoff))
        .then(line.nextOr(null, () -> line.claimThenStream(this)));
  }

  /** Tells whether to take the table from an instance that seems alive and does not release it. */
  boolean insists() {
    return !snapshot && backoff.attempt() >= PATIENCE;
  }

  private Mono<Void> shown() {
    return backoff.attempt() < QUIET
        ? Mono.empty()
        : line.report()
            .enter(null, new TableState(snapshot ? Name.SNAPSHOTTING : Name.WAITING, reason, null));
  }
}
