package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TableState.Name;
import dev.creek.consumer.stream.Backoff;
import dev.creek.consumer.stream.HeldException;
import reactor.core.publisher.Mono;

/**
 * The table is this instance's to apply, but another one has it in hand: one that has not noticed
 * yet that it lost it, or a snapshot. The other is waited for, so that what it has in flight is
 * committed and two whose views differ for a moment do not fight; a snapshot as long as it takes,
 * an instance only for a while.
 *
 * @param reason who has it
 * @param snapshot whether for a snapshot
 */
record Yielding(TablePipeline line, String reason, boolean snapshot, Backoff backoff)
    implements Phase {
  /** A move takes the other a moment: not worth a word. */
  private static final int QUIET = 3;

  /** About six seconds: longer than views can differ. */
  private static final int PATIENCE = 8;

  static Yielding first(TablePipeline line, String reason) {
    return new Yielding(line, reason, false, Backoff.YIELD);
  }

  /** Behind another refusal. */
  Yielding again(HeldException held) {
    return new Yielding(line, held.getMessage(), held.bySnapshot(), backoff.next());
  }

  @Override
  public Mono<Phase> run() {
    return shown()
        .then(line.pause(backoff))
        .then(line.nextOr(null, () -> line.claimThenStream(this)));
  }

  /** Whether to take the table from an instance that seems alive and does not let go. */
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
