package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.stream.Claim;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;

/**
 * Shows that nothing of a table has been published, if nothing was ever applied: it waits for its
 * first change, or its name is wrong. The table streams nevertheless.
 */
final class UnpublishedTable {
  /** Mostly something is published, and comes at once. */
  private static final Duration USUAL = Duration.ofSeconds(2);

  private final TablePipeline line;
  private final Claim claim;
  private final AtomicBoolean shown = new AtomicBoolean();
  private volatile boolean seen;

  UnpublishedTable(TablePipeline line, Claim claim) {
    this.line = line;
    this.claim = claim;
    this.seen = claim.position().lsn() != 0 || claim.position().committedAt() != null;
  }

  /** Never completes. */
  Mono<Void> show() {
    return seen
        ? Mono.never()
        : line.delay(USUAL)
            .filter(tick -> !seen)
            .flatMap(tick -> line.changes().look(line.mapping().source()))
            .filter(sighting -> !seen && !sighting.published())
            .flatMap(sighting -> line.report().enter(claim, state(sighting)))
            .onErrorResume(e -> Mono.empty())
            .then(Mono.never());
  }

  private TableState state(SourceSighting sighting) {
    shown.set(true);
    return new TableState(TableState.Name.STREAMING, sighting.reason(), sighting.suggestion());
  }

  /** A transaction was committed: if it brought anything, what was shown is over. */
  Mono<Void> committed(Applied applied) {
    if (applied.inserts() + applied.updates() + applied.deletes() + applied.truncates() == 0) {
      return Mono.empty();
    }
    seen = true;
    return shown.getAndSet(false) ? line.report().enter(claim, TableState.STREAMING) : Mono.empty();
  }
}
