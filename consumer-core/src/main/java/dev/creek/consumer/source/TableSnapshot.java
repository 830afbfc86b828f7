package dev.creek.consumer.source;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.avro.RowDecoder;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.snapshot.SnapshotHandover;
import dev.creek.consumer.stream.snapshot.SnapshotRead;
import dev.creek.consumer.stream.snapshot.SnapshotRead.Rows;
import dev.creek.consumer.wire.SnapshotHeader;
import dev.creek.consumer.wire.WireMessage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * One snapshot, read by the service's own reader, with the place at which changes go on behind it.
 * Run it once.
 */
final class TableSnapshot {
  private static final int ONE_AHEAD = 1;

  private final SourcePorts ports;
  private final SourceTable table;
  private final String name;
  private final SnapshotRead read;
  private final @Nullable SnapshotHandover handovers;
  private volatile @Nullable Handover handover;
  private boolean begun;
  private @Nullable RowReader rows;

  /**
   * Rows that follow one another.
   *
   * @param part of the snapshot
   */
  record Chunk(SnapshotPart part, RowReader reader, List<WireMessage> rows) {
    /** Rows, and the marks around them. To be read once. */
    <T> Elements<T> read(RowMapper<T> mapper) {
      var made = new Elements.Collector<T>(rows.size());
      if (part.first()) {
        made.add(new Mark.SnapshotBegins<>(part.table(), part.name(), at(), reader.schema));
      }
      for (WireMessage row : rows) {
        made.add(reader.read(row, mapper));
      }
      if (part.last()) {
        made.add(new Mark.SnapshotEnds<>(part.table(), part.name(), reader.count));
      }
      return made.done();
    }

    <T> List<T> rows(RowMapper<T> mapper) {
      return reader.rows(rows, mapper);
    }

    Instant at() {
      return reader.header.at();
    }

    long transactionId() {
      return reader.transactionId();
    }
  }

  /** Decodes rows. Not thread-safe. */
  static final class RowReader {
    private static final long XID = 0xffff_ffffL;
    private final SourceTable table;
    private final SnapshotHeader header;
    private final RowDecoder decoder;
    private final TableSchema schema;

    /** Number of rows that were read. */
    private long count;

    RowReader(SourceTable table, SnapshotHeader header) {
      this.table = table;
      this.header = header;
      this.decoder = RowDecoder.of(table, header.shape());
      this.schema = TableSchema.of(table, header.fingerprint(), header.shape(), decoder.schema());
    }

    long transactionId() {
      return header.transactionId() & XID;
    }

    private <T> Change<T> read(WireMessage message, RowMapper<T> mapper) {
      var origin =
          new Origin(
              table,
              schema,
              message.lastSequence(),
              transactionId(),
              micros(header.at()),
              header.lsn(),
              false);
      return new Change.SnapshotRow<>(origin, row(message, mapper));
    }

    <T> List<T> rows(List<WireMessage> rows, RowMapper<T> mapper) {
      List<T> made = new ArrayList<>(rows.size());
      for (WireMessage row : rows) {
        made.add(row(row, mapper));
      }
      return made;
    }

    private <T> T row(WireMessage message, RowMapper<T> mapper) {
      int end = message.offset() + message.length();
      Row row;
      try {
        row = new Row(schema, decoder.decode(message.bytes(), message.offset(), end, true));
      } catch (MessageException e) {
        throw SourceErrors.undecodable(table, e, message.lastSequence());
      }
      try {
        T mapped = mapper.map(row);
        count++;
        return mapped;
      } catch (RuntimeException e) {
        throw SourceErrors.unmappable(table, e, message.lastSequence());
      }
    }

    private static long micros(Instant at) {
      return at.getEpochSecond() * 1_000_000L + at.getNano() / 1000;
    }
  }

  /**
   * A snapshot.
   *
   * @param before the stream of changes before it was requested; null if changes do not go on
   *     behind it
   */
  TableSnapshot(SourcePorts ports, SourceTable table, String name, @Nullable LogState before) {
    var options = ports.options().pipelines();
    this.ports = ports;
    this.table = table;
    this.name = name;
    this.read = new SnapshotRead(ports.snapshots(), table, name, options, ports.scheduler());
    this.handovers =
        before == null
            ? null
            : SnapshotHandover.ofAllRows(
                ports.changes(), ports.snapshots(), table, name, before, options.overlap());
  }

  /** Asks the producer for a snapshot behind which changes go on. */
  static Mono<TableSnapshot> requested(SourcePorts ports, SourceTable table) {
    return ports
        .changes()
        .state(table)
        .flatMap(
            before ->
                ports
                    .snapshots()
                    .requestSnapshot(table, ports.options().pipelines().snapshots().stall())
                    .map(name -> new TableSnapshot(ports, table, name, before)));
  }

  /**
   * Its rows in chunks, on demand; the first says so, and the last comes once it is known that
   * nothing was missed. Errors with {@link SnapshotException} if it is not complete.
   */
  Flux<Chunk> chunks() {
    AtomicLong demand = new AtomicLong();
    return Flux.defer(
        () -> {
          // While nobody asks for rows, it is no stall that none come.
          read.begins();
          return read.rows(Mono.never())
              .publishOn(ports.scheduler(), ONE_AHEAD)
              .concatMap(this::checked, ONE_AHEAD)
              .onErrorMap(MessageException.class, read::unreadable)
              .doOnNext(
                  chunk -> {
                    if (demand.decrementAndGet() == 0) {
                      read.begins();
                    }
                  })
              .doOnRequest(
                  more -> {
                    if (demand.getAndAccumulate(more, Operators::addCap) == 0) {
                      read.ends();
                    }
                  });
        });
  }

  private Mono<Chunk> checked(Rows chunk) {
    return Mono.defer(
        () -> {
          // Nor is what the broker is asked for meanwhile.
          read.begins();
          return prepared(chunk)
              .then(chunk.last() ? checkEnd() : Mono.empty())
              .then(Mono.fromSupplier(() -> chunk(chunk)))
              .doFinally(end -> read.ends());
        });
  }

  private Mono<Void> prepared(Rows first) {
    if (rows == null) {
      rows = new RowReader(table, first.header());
      if (handovers != null) {
        return handovers.of(first.header()).doOnNext(found -> handover = found).then();
      }
    }
    return Mono.empty();
  }

  private Mono<Void> checkEnd() {
    return read.checkCount()
        .then(
            Mono.defer(
                () -> {
                  Handover found = handover;
                  return handovers == null || found == null ? Mono.empty() : handovers.check(found);
                }));
  }

  /** Null where there is nothing to emit. */
  private @Nullable Chunk chunk(Rows chunk) {
    if (chunk.rows().isEmpty() && !chunk.last()) {
      return null;
    }
    boolean first = !begun;
    begun = true;
    RowReader reader = rows;
    return reader == null
        ? null
        : new Chunk(new SnapshotPart(table, name, first, chunk.last()), reader, chunk.rows());
  }

  SourceTable table() {
    return table;
  }

  String name() {
    return name;
  }

  /** Where changes go on; null until it is known. */
  @Nullable Handover handover() {
    return handover;
  }
}
