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
 * The last position of a line that is stopped. A position moves with the table's own changes, and
 * with its stream only now and then: what is deleted of other tables in between would look like a
 * gap after the restart, and of a table to which nothing has come yet nothing would be known.
 */
final class FinalPosition implements ReadListener {
  /** A courtesy that a broker which does not answer must not make long. */
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
   * @return null where it has not been asked for, or changes have been read that are not applied
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
