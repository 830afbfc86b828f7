package dev.creek.consumer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalTx;
import java.util.HashMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class TransactionHeadTest {
  private static final WalTx TX = WalTx.of(1);

  private final AvroCursor cursor = new AvroCursor();

  private static WireMessage message(Generation generation, WalTx tx, int id) {
    return TableWire.of("app", "t")
        .column("id", "int4", Flag.KEY)
        .generation(generation)
        .insert(tx, id)
        .message(id);
  }

  private AvroCursor at(WireMessage message) {
    int from = message.offset();
    return cursor.over(message.bytes(), from, from + message.length());
  }

  @ParameterizedTest
  @EnumSource
  void knowsTheNextMessageOfItsTransaction(Generation generation) {
    var head = new TransactionHead(generation);
    var first = message(generation, TX, 1);
    var second = message(generation, generation == Generation.NEW ? TX.at(0xABCDEL) : TX, 2);
    assertThat(head.isOf(first)).isFalse();
    head.read(at(first));
    assertThat(head.lsn()).isEqualTo(TX.lsn());

    assertThat(head.isOf(second)).isTrue();
    head.pass(at(second));
    int passed = cursor.position();

    assertThat(head.transactionId()).isEqualTo(TX.id());
    assertThat(head.lsn()).isEqualTo(generation == Generation.NEW ? 0xABCDEL : TX.lsn());
    new TransactionHead(generation).read(at(second));
    assertThat(passed).isEqualTo(cursor.position());
  }

  @ParameterizedTest
  @EnumSource
  void knowsNoOtherTransaction(Generation generation) {
    var head = new TransactionHead(generation);
    head.read(at(message(generation, TX, 1)));

    assertThat(head.isOf(message(generation, WalTx.of(2), 2))).isFalse();
    assertThat(head.isOf(message(generation, new WalTx(2, TX.committedAt(), TX.lsn()), 2)))
        .isFalse();
    assertThat(head.isOf(new WireMessage(new byte[20], 0, 20, 2, 2))).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void knowsNothingAfterWhatCannotBeRead(Generation generation) {
    var head = new TransactionHead(generation);
    var first = message(generation, TX, 1);
    head.read(at(first));

    var cut = new WireMessage(first.bytes(), first.offset(), 40, 2, 2);
    assertThatThrownBy(() -> head.read(at(cut))).isInstanceOf(MessageException.class);

    assertThat(head.isOf(first)).isFalse();
  }

  /** As a table line does it: one decoder, message by message. */
  @ParameterizedTest
  @EnumSource
  void everyCapturedMessageIsReadAsIfItWereTheFirst(Generation generation) {
    var golden = GoldenWal.of(generation);
    var decoders = new HashMap<Long, WalDecoder>();
    for (var whole : golden.wal) {
      var schema = golden.schemaOf(whole.message());
      var decoder =
          decoders.computeIfAbsent(schema.fingerprint().bits(), f -> new WalDecoder(schema));
      assertThat(decoder.decode(whole.message()))
          .isEqualTo(new WalDecoder(schema).decode(whole.message()));
    }
  }
}
