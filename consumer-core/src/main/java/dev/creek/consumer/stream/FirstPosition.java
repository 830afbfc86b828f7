package dev.creek.consumer.stream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.StartFrom;
import java.time.Instant;
import java.util.Objects;
import reactor.core.publisher.Mono;

/** Finds the first position of a table that has none. */
public final class FirstPosition {
  private FirstPosition() {}

  /**
   * The position before its first change.
   *
   * @return errors with {@link BrokerException.Gap} if the stream no longer holds everything since
   *     the time
   */
  public static Mono<Position> position(ChangeLog changes, SourceTable source, StartFrom from) {
    return switch (from.kind()) {
      case BEGINNING -> Mono.just(Position.NONE);
      case NOW ->
          changes.state(source).map(log -> new Position(log.stream(), log.lastSequence(), 0, null));
      case TIME -> committedSince(changes, source, Objects.requireNonNull(from.time()));
    };
  }

  private static Mono<Position> committedSince(
      ChangeLog changes, SourceTable source, Instant time) {
    return changes
        .committedSince(source, time)
        .map(
            found -> {
              if (!found.whole()) {
                throw new BrokerException.Gap(
                    "stream %s no longer holds everything that was committed since %s"
                        .formatted(found.stream().name(), time));
              }
              return new Position(found.stream(), found.after(), 0, null);
            });
  }
}
