package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.TableState;
import dev.creek.consumer.retry.Backoff;
import dev.creek.consumer.stream.Claim;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Failed or in a gap: shown with reason and hint until the cause is gone. After a failure nothing
 * is lost meanwhile, so it is simply tried again, with growing pauses, from the same position; the
 * state stays visible until that works. A gap stays until a clean snapshot has filled it, or the
 * user lets the pipeline go on without the missing changes.
 *
 * @param searchUntil if a batch of several changes failed, the stream sequence of its last one: up
 *     to there they are tried one by one next, to find the change to report; 0 if it is known
 */
record Stopped(TablePipeline line, Claim claim, TableState state, Backoff backoff, long searchUntil)
    implements Phase {

  @Override
  public Mono<Phase> run() {
    if (isGap()) {
      line.gaps().enters();
    }
    return line.report().enter(claim, state).then(line.pause(backoff)).then(line.next(this));
  }

  boolean isGap() {
    return state.name() == TableState.Name.GAP;
  }

  /** Description of what is missing; null if it is stuck for another reason. */
  @Nullable String gap() {
    return isGap() ? String.valueOf(state.reason()) : null;
  }

  /** In the gap that was known before. */
  static Phase again(TablePipeline line, Claim claim, @Nullable Stopped before) {
    String gap = claim.gap();
    TableState state =
        gap == null && before != null
            ? before.state()
            : TableState.gap(String.valueOf(gap), line.mapping());
    Backoff backoff = before != null && before.isGap() ? before.backoff().next() : Backoff.STUCK;
    return new Stopped(line, claim, state, backoff, 0);
  }
}
