package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What one call writes.
 *
 * @param batch a batch, or a part of one
 * @param sections its members' parts
 */
record Step(Batch batch, List<Section> sections) {
  /** Tables that are met for the first time read the target's catalog together. */
  private static final int PREPARED_AT_ONCE = 256;

  /** A batch as a whole. */
  static List<Step> whole(Batch batch, Function<WalSchema, Seat> seats) {
    Map<Seat, List<Change>> changes = new LinkedHashMap<>();
    for (List<Change> run : runs(batch.changes())) {
      changes
          .computeIfAbsent(seats.apply(run.get(0).schema()), seat -> new ArrayList<>())
          .addAll(run);
    }
    List<Section> sections = new ArrayList<>(changes.size());
    changes.forEach((seat, its) -> sections.add(section(seat, batch, its)));
    return List.of(new Step(batch, sections));
  }

  /** A batch in the order of its changes, one table after another. */
  static List<Step> inOrder(Batch batch, Function<WalSchema, Seat> seats) {
    List<List<Change>> runs = runs(batch.changes());
    if (runs.size() < 2) {
      return whole(batch, seats);
    }
    List<Step> steps = new ArrayList<>(runs.size());
    for (List<Change> run : runs) {
      boolean last = steps.size() == runs.size() - 1;
      Change end = run.get(run.size() - 1);
      Position to =
          last
              ? batch.position()
              : new Position(
                  batch.position().stream(), end.sequence(), end.lsn(), end.committedAt());
      var part = new Batch(run, bytes(run), last && batch.endsTransaction(), to);
      steps.add(new Step(part, List.of(section(seats.apply(end.schema()), part, run))));
    }
    return steps;
  }

  /** Changes that follow one another with one schema. */
  @SuppressWarnings("ReferenceEquality") // as in SchemaBreaks
  private static List<List<Change>> runs(List<Change> changes) {
    List<List<Change>> runs = new ArrayList<>();
    int begin = 0;
    for (int end = 1; end <= changes.size(); end++) {
      if (end == changes.size() || changes.get(end).schema() != changes.get(begin).schema()) {
        runs.add(changes.subList(begin, end));
        begin = end;
      }
    }
    return runs;
  }

  private static Section section(Seat seat, Batch batch, List<Change> changes) {
    return new Section(
        seat,
        new Batch(
            changes, bytes(changes), batch.endsTransaction(), seat.at(batch.position(), changes)),
        null);
  }

  private static long bytes(List<Change> changes) {
    long bytes = 0;
    for (Change change : changes) {
      bytes += change.bytes();
    }
    return bytes;
  }

  Mono<Step> prepared() {
    return Flux.fromIterable(sections)
        .flatMapSequential(Section::prepared, PREPARED_AT_ONCE, 1)
        .collectList()
        .map(prepared -> new Step(batch, prepared));
  }
}
