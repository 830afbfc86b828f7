package dev.creek.consumer.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.wire.MessageAssembler;
import dev.creek.consumer.wire.Operation;
import dev.creek.consumer.wire.SchemaMessage;
import dev.creek.consumer.wire.WalDecoder;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The tables that tests make up are published as the real producer published real ones. */
final class TableWireTest {
  private static final TableWire SCALARS =
      app("scalars")
          .column("id", "int4", Flag.KEY)
          .column("c_bool", "bool")
          .column("c_qchar", "char")
          .column("c_char", "bpchar")
          .column("c_char5", "bpchar")
          .column("c_varchar", "varchar")
          .column("c_varchar10", "varchar")
          .column("c_text", "text")
          .column("c_int2", "int2")
          .column("c_int4", "int4")
          .column("c_int8", "int8")
          .column("c_float4", "float4")
          .column("c_float8", "float8")
          .column("c_num", "numeric(10,2)")
          .column("c_date", "date")
          .column("c_time", "time")
          .column("c_ts", "timestamp")
          .column("c_tstz", "timestamptz")
          .column("c_uuid", "uuid");

  private static TableWire app(String table) {
    return TableWire.of("app", table);
  }

  private static Stream<TableWire> tables() {
    return Stream.of(
        SCALARS,
        app("num_free").column("id", "int4", Flag.KEY).column("v", "numeric"),
        app("arr_timestamptz").column("id", "int4", Flag.KEY).column("v", "timestamptz[]"),
        app("arr_num_ps").column("id", "int4", Flag.KEY).column("v", "numeric(10,2)[]"),
        app("arr_json").column("id", "int4", Flag.KEY).column("v", "json[]"),
        app("jb").column("id", "int4", Flag.KEY).column("v", "jsonb"),
        app("pk_tstz").column("k", "timestamptz", Flag.KEY).column("v", "text"),
        app("pk_comp_rev")
            .column("v", "text")
            .column("z", "int4", Flag.KEY)
            .column("y", "int4", Flag.KEY),
        app("no_pk").column("a", "int4").column("b", "text").identity(Identity.DEFAULT),
        app("full_with_pk")
            .column("id", "int4", Flag.KEY)
            .column("a", "text")
            .column("b", "numeric(8,3)")
            .identity(Identity.FULL),
        app("ri_index")
            .column("id", "int4", Flag.KEY)
            .column("code", "text", Flag.INDEX)
            .column("sub", "int4", Flag.INDEX)
            .column("v", "text")
            .identity(Identity.INDEX),
        app("ri_nothing")
            .column("id", "int4", Flag.KEY)
            .column("v", "text")
            .identity(Identity.NONE));
  }

  @ParameterizedTest
  @EnumSource
  void schemasReadAsTheRealProducersDo(Generation generation) throws Exception {
    var json = new ObjectMapper();
    var published = new GoldenCapture(generation).schemas();
    for (TableWire table : tables().toList()) {
      var wire = table.generation(generation);
      var message =
          published.stream()
              .filter(captured -> captured.subject().endsWith(".app." + wire.source().table()))
              .findFirst()
              .orElseThrow();
      var assembler = new MessageAssembler(1 << 20);
      var text =
          SchemaMessage.parse(assembler.accept(message.sequence(), message.payload())).schema();
      assertThat(json.readTree(wire.schemaText()))
          .as(wire.source().table())
          .isEqualTo(json.readTree(text));
    }
  }

  @ParameterizedTest
  @EnumSource
  void messagesAreWhatTheConsumerDecodes(Generation generation) {
    var wire = app("t").column("id", "int4", Flag.KEY).column("v", "text").generation(generation);
    var tx = WalTx.of(3);
    var decoder = new WalDecoder(wire.walSchema());
    var changes =
        Stream.of(
                wire.insert(tx, 1, "a"),
                wire.update(tx, 1, "b"),
                wire.update(tx, wire.row(1, "b"), wire.row(2, "b")),
                wire.delete(tx, Map.of("id", 2)),
                wire.truncate(tx))
            .map(bytes -> decoder.decode(new MessageAssembler(1 << 20).accept(9, bytes.packet())))
            .toList();
    assertThat(changes)
        .extracting(change -> change.operation())
        .containsExactly(
            Operation.INSERT,
            Operation.UPDATE,
            Operation.UPDATE_KEY,
            Operation.DELETE,
            Operation.TRUNCATE);
    assertThat(changes)
        .allSatisfy(
            change -> {
              assertThat(change.transactionId()).isEqualTo(tx.id());
              assertThat(change.lsn()).isEqualTo(tx.lsn());
              assertThat(change.sequence()).isEqualTo(9);
            });
  }

  @Test
  void fullIdentityMakesEveryUpdateAKeyChange() {
    var wire = app("t").column("v", "text").identity(Identity.FULL);
    assertThat(wire.update(WalTx.of(1), "same").op()).isEqualTo("u_pk");
  }

  @Test
  void longMessagesAreCutAsTheProducerCutsThem() {
    byte[] message = new byte[20];
    // 16 - 7 = 9 bytes a packet; 18 would be exact.
    assertThat(WalBytes.packets(message, 16))
        .extracting(p -> p.length)
        .isEqualTo(List.of(15, 11, 4));
    assertThat(WalBytes.packets(new byte[18], 16))
        .extracting(p -> p.length)
        .isEqualTo(List.of(15, 11, 2));
  }
}
