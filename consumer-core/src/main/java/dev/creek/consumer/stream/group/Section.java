package dev.creek.consumer.stream.group;

import dev.creek.consumer.stream.Batch;
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

  Mono<Section> prepared() {
    return seat.member()
        .writer()
        .prepare(batch)
        .map(prepared -> new Section(seat, batch, prepared))
        .onErrorMap(this::failure);
  }

  SeatException failure(Throwable error) {
    seat.member().failedIn(batch);
    return new SeatException(seat, error);
  }

  Part part() {
    return new Part(seat.member().writer(), Objects.requireNonNull(work));
  }
}
