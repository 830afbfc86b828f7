package dev.creek.consumer.stream.snapshot;

import java.time.Instant;
import reactor.core.publisher.Mono;

/**
 * What an applied snapshot may not have brought, as long as changes from before it are missing.
 *
 * @param reason one sentence for the user
 * @param at the snapshot's time, by the source's clock
 * @param settling as {@link dev.creek.consumer.stream.SnapshotWriter.Finishing#doubts}
 */
public record SnapshotDoubt(String reason, Instant at, Mono<Boolean> settling) {}
