package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.apply.PostgresTableWriter.Ready;
import dev.creek.consumer.postgres.position.PositionsSql.Moved;
import dev.creek.consumer.stream.GroupWriter;
import reactor.core.publisher.Mono;

/**
 * A table's part of a group's batch. Its errors tell that they are its own.
 *
 * @param staged its position alone until {@link #stage()}
 */
record GroupPart(PostgresTableWriter writer, Ready ready, Staged staged) {

  /** Not staged yet. */
  static GroupPart of(GroupWriter.Part part) {
    var ready = (Ready) part.prepared();
    var writer = (PostgresTableWriter) part.writer();
    return new GroupPart(writer, ready, writer.positionOnly(ready.batch()));
  }

  /** The error of a part. */
  static final class PartFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient GroupPart part;
    private final Throwable error;

    PartFailure(GroupPart part, Throwable error) {
      super(error.getMessage(), error, false, false);
      this.part = part;
      this.error = error;
    }

    Throwable error() {
      return error;
    }

    GroupPart part() {
      return part;
    }
  }

  String target() {
    return writer.targetName();
  }

  /** As {@link PostgresTableWriter#recognise}. */
  Mono<Void> recognise() {
    return own(writer.recognise(ready));
  }

  /** Counts it, once. */
  Mono<GroupPart> stage() {
    return own(Mono.defer(() -> writer.stage(ready)))
        .map(counted -> new GroupPart(writer, ready, counted));
  }

  Mono<Void> requireOpen() {
    return own(writer.requireOpen());
  }

  /** Takes its fence, in the transaction. */
  Mono<Void> fenced() {
    return own(writer.fence());
  }

  /**
   * Rows and position, in a transaction that is of no more use if this fails, but if there is no
   * statement for both.
   */
  Mono<Void> attempted() {
    return staged.isAlone() ? own(Mono.defer(() -> writer.attempt(staged))) : careful();
  }

  /** Rows and position, in a transaction that survives what {@link FoldedWriter} can write anew. */
  Mono<Void> careful() {
    return rows().then(Mono.defer(this::moved));
  }

  /** The rows alone. */
  Mono<Void> rows() {
    return staged.isEmpty() ? Mono.empty() : own(Mono.defer(() -> writer.rows(staged)));
  }

  /** Marks and position behind the rows. */
  Mono<Void> moved() {
    return own(Mono.defer(() -> writer.move(staged)));
  }

  /** The move of its position. */
  Moved move() {
    return new Moved(writer.position(), staged.stored(writer.moved(staged)));
  }

  private <T> Mono<T> own(Mono<T> work) {
    return work.onErrorMap(error -> new PartFailure(this, error));
  }
}
