package dev.creek.consumer.stream.group;

import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.FailurePolicy;
import dev.creek.consumer.stream.GroupWriter.Part;
import dev.creek.consumer.stream.TableWriter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The part of a batch that is one member's.
 *
 * @param work null until it is prepared
 */
record Section(Seat seat, Batch batch, TableWriter.@Nullable Prepared work) {

  /** Errors with {@link SeatException}, or with what is no table's: then all wait together. */
  Mono<Section> prepared() {
    return seat.member()
        .writer()
        .prepare(batch)
        .map(prepared -> new Section(seat, batch, prepared))
        .onErrorMap(error -> FailurePolicy.isOfNoTable(error) ? error : failure(error));
  }

  SeatException failure(Throwable error) {
    seat.member().failedIn(batch);
    return new SeatException(seat, error);
  }

  Part part() {
    return new Part(seat.member().writer(), Objects.requireNonNull(work));
  }
}
