package dev.creek.consumer.postgres;

import static dev.creek.consumer.postgres.Waiting.await;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.stream.SnapshotWriter;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalDecoder;
import dev.creek.consumer.wire.WireMessage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One snapshot's way into one target table, chunk by chunk, as the stream would drive it. */
public final class Load {
  public static final Instant AHEAD_UNTIL = Instant.parse("2024-05-01T10:00:01.000001Z");
  public static final Position RESUME =
      new Position(Line.STREAM, 77, 0x1234, WalTx.of(5).committedAt());

  public final Mapping mapping;
  public final Claim claim;
  private final PostgresTarget target;
  private final TableWire wire;
  private final WalDecoder decoder;
  private final List<Step> steps = new ArrayList<>();
  private @Nullable SnapshotWriter writer;

  /** Claims; nothing is there yet. */
  public Load(PostgresTarget target, TableWire wire, TargetTable table) {
    this.target = target;
    this.wire = wire;
    this.mapping = new Mapping(wire.source(), table);
    this.decoder = new WalDecoder(wire.walSchema());
    this.claim = await(target.snapshots().claimForSnapshot(mapping));
  }

  public Load(PostgresTarget target, TableWire wire) {
    this(target, wire, new TargetTable("public", wire.source().table()));
  }

  /** All of a snapshot, from its beginning to its end. */
  public static Load of(
      PostgresTarget target, TableWire wire, SnapshotMode mode, List<Object[]> rows) {
    var load = new Load(target, wire).open(mode);
    try {
      return load.write(rows).finish();
    } finally {
      load.close();
    }
  }

  public static Object[] row(Object... values) {
    return values;
  }

  public Load open(SnapshotMode mode) {
    writer = await(target.snapshots().writer(claim, mode, wire.walSchema().after()));
    return this;
  }

  /** A snapshot that brings only these columns to rows that are there. */
  public Load fill(String... columns) {
    writer = await(target.snapshots().filler(claim, List.of(columns), wire.walSchema().after()));
    return this;
  }

  public SnapshotWriter writer() {
    return Objects.requireNonNull(writer);
  }

  /** A row as a snapshot's message: the record alone. */
  public WireMessage message(Object... values) {
    Change change = decoder.decode(wire.insert(WalTx.of(1), values).message(1));
    int from = change.after();
    return new WireMessage(change.data(), from, change.end() - from, 1, 1);
  }

  public List<WireMessage> messages(List<Object[]> rows) {
    return rows.stream().map(this::message).toList();
  }

  /** Writes the rows as one chunk. */
  public Load write(List<Object[]> rows) {
    SnapshotWriter into = writer();
    await(into.prepare(messages(rows)).flatMap(into::write));
    return this;
  }

  public Load write(Object[]... rows) {
    return write(Stream.of(rows).toList());
  }

  /** What is before the first row of an upsert. */
  public Load begin() {
    await(writer.begin(new Handover(RESUME, AHEAD_UNTIL)));
    return this;
  }

  public Load finish() {
    await(writer().finish(new Handover(RESUME, AHEAD_UNTIL), steps::add));
    return this;
  }

  public List<Step> steps() {
    return steps;
  }

  /** Also where nothing was opened. */
  public void close() {
    if (writer != null) {
      await(writer.close());
    }
  }

  /** What is stored of the target. */
  public Position stored() {
    return await(
        target
            .subscriptions()
            .all()
            .filter(s -> s.mapping().equals(mapping))
            .map(s -> s.position())
            .single());
  }
}
