package dev.creek.consumer.stream.batch;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.Operation;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/** Changes without content, for tests that look at order and boundaries only. */
public final class Histories {
  public static final StreamIdentity STREAM = new StreamIdentity("CREEK_wal", Instant.EPOCH);
  public static final WalSchema SCHEMA = schema(1);

  private Histories() {}

  static WalSchema schema(long fingerprint) {
    RecordShape none = new RecordShape(List.of());
    return new WalSchema(new Fingerprint(fingerprint), Generation.OLD, none, none, "");
  }

  static Change change(long sequence, long transaction) {
    return change(sequence, transaction, SCHEMA, 10);
  }

  static Change change(long sequence, long transaction, WalSchema schema, int bytes) {
    return new Change(
        schema,
        Operation.INSERT,
        new byte[bytes],
        -1,
        -1,
        bytes,
        sequence,
        transaction,
        transaction * 1000,
        transaction - 1,
        transaction,
        transaction * 1000);
  }

  static DecodedChunk chunk(boolean caughtUp, Change... changes) {
    return new DecodedChunk(
        List.of(changes),
        caughtUp ? 0 : Integer.MAX_VALUE,
        changes.length == 0 ? 0 : changes[changes.length - 1].sequence());
  }

  static List<Long> sequences(Batch batch) {
    return batch.changes().stream().map(Change::sequence).toList();
  }

  static List<Long> sequencesOf(long... sequences) {
    return Arrays.stream(sequences).boxed().toList();
  }
}
