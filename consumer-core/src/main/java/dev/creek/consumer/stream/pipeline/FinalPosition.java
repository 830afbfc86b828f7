package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.ReadListener;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The last position of a pipeline that is stopped. A position moves with the table's own changes,
 * and with its stream only now and then. If messages of other tables were deleted in between, this
 * would look like a gap after the restart; and a table without changes would have no position at
 * all.
 */
final class FinalPosition implements ReadListener {
  /** The query is optional, so a broker that does not answer must not delay the stop. */
  private static final Duration LIMIT = Duration.ofMillis(500);

  private volatile Mono<Read> question = Mono.empty();
  private volatile @Nullable Read answer;

  @Override
  public void reads(Mono<Read> howFar) {
    question = howFar;
  }

  /** Asks the reader, while it still reads. Never fails. */
  Mono<Void> ask() {
    return Mono.defer(() -> question)
        .timeout(LIMIT)
        .doOnNext(read -> answer = read)
        .onErrorComplete()
        .then();
  }

  /**
   * The position to store last.
   *
   * @param reached how far the table has been applied
   * @return null if there was no answer, or changes have been read that are not applied
   */
  @Nullable Batch last(Position reached, StreamIdentity stream) {
    Read read = answer;
    boolean known = reached.stream() != null;
    if (read == null
        || reached.sequence() < read.left()
        || (known && reached.sequence() >= read.upTo())) {
      return null;
    }
    return new Batch(
        List.of(),
        0,
        true,
        new Position(stream, read.upTo(), reached.lsn(), reached.committedAt()));
  }
}
