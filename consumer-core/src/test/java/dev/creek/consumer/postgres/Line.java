package dev.creek.consumer.postgres;

import static dev.creek.consumer.postgres.Waiting.await;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalDecoder;
import dev.creek.consumer.wire.WalSchema;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * One source table's way into one target table, message by message, as the stream would drive it.
 */
public final class Line {
  public static final StreamIdentity STREAM =
      new StreamIdentity("CREEK_wal", Instant.parse("2024-01-01T00:00:00.123456789Z"));

  final PostgresTarget target;
  public final TableWire wire;
  public final Mapping mapping;
  private final WalSchema schema;
  private final WalDecoder decoder;
  private long sequence;
  private Claim claim;
  private TableWriter writer;

  /** Subscribes and claims; the control schema must be there. */
  public Line(PostgresTarget target, TableWire wire, TargetTable table) {
    this.target = target;
    this.wire = wire;
    this.mapping = new Mapping(wire.source(), table);
    this.schema = WalSchema.parse(wire.fingerprint(), wire.schemaText());
    this.decoder = new WalDecoder(schema);
    await(target.subscriptions().activate(mapping));
    reclaim();
  }

  public Line(PostgresTarget target, TableWire wire) {
    this(target, wire, new TargetTable("public", wire.source().table()));
  }

  /** Takes the table over, as a line that starts again does. */
  public void reclaim() {
    claim = await(target.tables().claim(mapping));
    writer = target.tables().writer(claim);
  }

  /** Takes the table over, closing what was open. */
  public void restart() {
    await(writer.close());
    reclaim();
  }

  public Claim claim() {
    return claim;
  }

  public TableWriter writer() {
    return writer;
  }

  public WalSchema schema() {
    return schema;
  }

  /** A batch of whole transactions. */
  public Batch batch(WalBytes... messages) {
    return batch(true, List.of(messages));
  }

  public Batch batch(boolean endsTransaction, List<WalBytes> messages) {
    var changes = new ArrayList<Change>();
    for (WalBytes message : messages) {
      changes.add(decoder.decode(message.message(++sequence)));
    }
    WalTx last = messages.isEmpty() ? null : messages.get(messages.size() - 1).tx();
    return new Batch(
        changes,
        changes.stream().mapToLong(Change::bytes).sum(),
        endsTransaction,
        new Position(
            STREAM,
            sequence,
            last == null ? 0 : last.lsn(),
            last == null ? null : last.committedAt()));
  }

  public Mono<Applied> applying(Batch batch) {
    TableWriter current = writer;
    return current.prepare(batch).flatMap(current::apply);
  }

  public @Nullable Applied apply(Batch batch) {
    return await(applying(batch));
  }

  /** Applies messages as one batch of whole transactions. */
  public Applied apply(WalBytes... messages) {
    return apply(batch(messages));
  }

  /** Applies messages as a part of a transaction that goes on. */
  public @Nullable Applied applyPart(WalBytes... messages) {
    return apply(batch(false, List.of(messages)));
  }

  /** What a fresh claim finds stored. */
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
