package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Handover;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * New snapshots of all tables of a subscription, one after the other, and the place at which their
 * changes go on: the earliest of all. Run it once.
 */
final class SnapshotsFirst {
  private static final int ONE_AHEAD = 1;

  private final SourcePorts ports;
  private final List<SourceTable> tables;
  private final Positions positions;
  private final Commits.Before before;
  private final List<TableSnapshot> taken = new ArrayList<>();

  /** Known once the last row has come. */
  private volatile @Nullable Beginning beginning;

  private volatile @Nullable Commits commits;

  /**
   * @param before what is stored
   * @throws IllegalArgumentException if a table is not named
   */
  SnapshotsFirst(
      SourcePorts ports, TableSelection tables, Positions positions, Commits.Before before) {
    if (tables.hasPatterns()) {
      throw new IllegalArgumentException(
          "snapshots need the names of tables, and %s has patterns: name them, or begin with Start.EARLIEST"
              .formatted(tables));
    }
    this.ports = ports;
    this.tables = tables.named();
    this.positions = positions;
    this.before = before;
  }

  /** Rows with the place behind them. */
  record Rows(TableSnapshot.Chunk chunk, Place place) {}

  /** All rows. */
  Flux<Rows> rows() {
    return Flux.fromIterable(tables)
        .concatMap(
            table ->
                TableSnapshot.requested(ports, table)
                    .doOnNext(taken::add)
                    .flatMapMany(TableSnapshot::chunks),
            ONE_AHEAD)
        .map(this::placed);
  }

  private Rows placed(TableSnapshot.Chunk chunk) {
    SourceTable last = tables.get(tables.size() - 1);
    if (!chunk.part().last() || !chunk.part().table().equals(last)) {
      return new Rows(chunk, Place.WITHIN_SNAPSHOTS);
    }
    Beginning behind = behind();
    beginning = behind;
    Commits made = new Commits(positions, behind.position(), before, behind.holdings());
    commits = made;
    return new Rows(chunk, new Place(behind.position(), behind.position().sequence() + 1, made));
  }

  private Beginning behind() {
    Map<SourceTable, SnapshotHoldings.Held> held = new LinkedHashMap<>();
    Position first = null;
    for (TableSnapshot snapshot : taken) {
      Handover handover = Objects.requireNonNull(snapshot.handover());
      held.put(
          snapshot.table(),
          new SnapshotHoldings.Held(Objects.requireNonNull(handover.horizon()), snapshot.name()));
      Position resume = handover.resume();
      first = first == null || resume.sequence() < first.sequence() ? resume : first;
    }
    return Beginning.behind(Objects.requireNonNull(first), new SnapshotHoldings(held));
  }

  /** The place behind all rows. */
  Beginning beginning() {
    return Objects.requireNonNull(beginning);
  }

  /** Commits behind all rows. */
  Commits commits() {
    return Objects.requireNonNull(commits);
  }
}
