package dev.creek.consumer.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.CapturedMessage;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SourceTransactionTest {
  private static final String DATABASE = "golden";
  private static final WalTx TX = WalTx.of(1);

  private static TableWire table(Generation generation) {
    return TableWire.of("app", "t").column("id", "int4", Flag.KEY).generation(generation);
  }

  private static byte[] packet(Generation generation) {
    return table(generation).insert(TX, 1).packet();
  }

  @ParameterizedTest
  @EnumSource
  void isThatOfTheDecodedChangeInEveryCapturedMessage(Generation generation) {
    Map<Long, byte[]> firstPackets = new HashMap<>();
    for (CapturedMessage packet : new GoldenCapture(generation).wal()) {
      firstPackets.put(packet.sequence(), packet.payload());
    }
    var subjects = new Subjects(generation, "CREEK");
    GoldenWal golden = GoldenWal.of(generation);
    Set<SourceTransaction> all = new HashSet<>();
    for (GoldenWal.Whole whole : golden.wal) {
      WireMessage message = whole.message();
      SourceTable table = Objects.requireNonNull(subjects.walTable(DATABASE, whole.subject()));
      Change change = new WalDecoder(golden.schemaOf(message)).decode(message);
      byte[] packet = firstPackets.get(message.firstSequence());

      SourceTransaction read = SourceTransaction.of(packet, table);

      assertThat(read)
          .isEqualTo(new SourceTransaction(change.transactionId(), change.committedAtMicros()));
      assertThat(read.made(change)).isTrue();
      all.add(read);
    }
    assertThat(all).hasSizeGreaterThan(100);
  }

  @ParameterizedTest
  @EnumSource
  void isUnknownIfTheMessageNamesAnotherTable(Generation generation) {
    SourceTable table = table(generation).source();
    byte[] packet = packet(generation);
    assertThat(SourceTransaction.of(packet, table)).isNotNull();

    String database = table.database();
    for (SourceTable other :
        new SourceTable[] {
          new SourceTable("other", "app", "t"),
          new SourceTable(database, "other", "t"),
          new SourceTable(database, "app", "other")
        }) {
      assertThat(SourceTransaction.of(packet, other)).as("%s", other).isNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void isUnknownInPacketsThatContinueAMessageAndInThoseCutShort(Generation generation) {
    SourceTable table = table(generation).source();
    byte[] packet = packet(generation);
    byte[] next = packet.clone();
    next[1] = 1;
    assertThat(SourceTransaction.of(next, table)).isNull();

    int shortest = 0;
    while (SourceTransaction.of(Arrays.copyOf(packet, shortest), table) == null) {
      shortest++;
    }
    assertThat(shortest).isLessThan(packet.length);
    for (byte[] part : WalBytes.packets(Arrays.copyOfRange(packet, 6, packet.length), 27)) {
      assertThat(SourceTransaction.of(part, table)).isNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void didNotMakeChangesOfAnotherIdOrTime(Generation generation) {
    var wire = table(generation);
    var read = Objects.requireNonNull(SourceTransaction.of(packet(generation), wire.source()));
    var decoder = new WalDecoder(wire.walSchema());
    var sameId = new WalTx(TX.id(), TX.committedAt().plusMillis(1), TX.lsn());
    var sameTime = new WalTx(TX.id() + 1, TX.committedAt(), TX.lsn());

    assertThat(read.made(decoder.decode(wire.insert(TX, 2).message(2)))).isTrue();
    assertThat(read.made(decoder.decode(wire.insert(sameId, 2).message(2)))).isFalse();
    assertThat(read.made(decoder.decode(wire.insert(sameTime, 2).message(2)))).isFalse();
  }
}
