package dev.creek.consumer.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.testing.CapturedMessage;
import dev.creek.consumer.testing.GoldenCapture;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SnapshotReaderTest {
  private static final int MAX = 8 << 20;
  private static final byte[] END = {'E', 'O', 'F'};
  private static final String NULLABLE =
      """
      {"type":"record","name":"t","fields":[
        {"name":"id","type":"int","pgType":"int4","pgKey":true},
        {"name":"v","type":["null","string"],"pgType":"text","pgKey":false}]}""";

  /** Three plain ints: (-35, -40, 35) is written as the letters E, O, F. */
  private static final String THREE_INTS =
      """
      {"type":"record","name":"t","fields":[
        {"name":"a","type":"int","pgType":"int4","pgKey":true},
        {"name":"b","type":"int","pgType":"int4","pgKey":true},
        {"name":"c","type":"int","pgType":"int4","pgKey":true}]}""";

  private final SnapshotReader reader = new SnapshotReader(MAX);
  private long sequence = 100;

  private void take(byte[] message, boolean last) {
    reader.accept(++sequence, Packets.first(message.length, message), last);
  }

  private void begin(String schema) {
    take(header(schema), false);
  }

  private static byte[] header(String schema) {
    return """
        {"topic":"","fingerprint":"5qtIJlzAirI=","schema":"%s","tx_id":2012,"lsn":"0/2E854B0",\
        "at":"2026-11-22T05:52:12.747316Z","approx_rows":-1}"""
        .formatted(schema.replace("\"", "\\\"").replace("\n", " "))
        .getBytes(UTF_8);
  }

  @Test
  void theHeaderTellsWhenItWasTakenAndWhatRowsLookLike() {
    begin(NULLABLE);
    SnapshotHeader header = reader.header();
    assertThat(header.fingerprint()).isEqualTo("5qtIJlzAirI=");
    assertThat(header.transactionId()).isEqualTo(2012);
    assertThat(Lsn.format(header.lsn())).isEqualTo("0/2E854B0");
    assertThat(header.at()).isEqualTo(Instant.parse("2026-11-22T05:52:12.747316Z"));
    assertThat(header.approximateRows()).isEqualTo(-1);
    assertThat(header.shape().columns()).extracting(WireField::name).containsExactly("id", "v");
  }

  @Test
  void rowsAreTakenOnce() {
    begin(NULLABLE);
    take(new byte[] {2, 0}, false);
    take(new byte[] {4, 2, 2, 'x'}, false);
    assertThat(reader.waitingRows()).isEqualTo(2);
    assertThat(reader.waitingBytes()).isEqualTo(6);
    assertThat(reader.takeRows()).extracting(WireMessage::length).containsExactly(2, 4);
    assertThat(reader.takeRows()).isEmpty();
    assertThat(reader.waitingBytes()).isZero();
    take(END, true);
    assertThat(reader.ended()).isTrue();
    assertThat(reader.packets()).isEqualTo(4);
  }

  @Test
  void packetsOfALongRowArePutTogetherAndTheEmptyOneBehindItIsSwallowed() {
    begin(NULLABLE);
    for (byte[] packet : Packets.of(new byte[8], 4)) {
      reader.accept(++sequence, packet, false);
    }
    take(END, true);
    assertThat(reader.takeRows()).extracting(WireMessage::length).containsExactly(8);
    assertThat(reader.ended()).isTrue();
  }

  @Test
  void aRowThatLooksLikeTheEndIsARowWhileMoreFollows() {
    begin(THREE_INTS);
    take(END, false);
    assertThat(reader.ended()).isFalse();
    assertThat(reader.takeRows()).hasSize(1);
    take(END, true);
    assertThat(reader.ended()).isTrue();
    assertThat(reader.takeRows()).isEmpty();
  }

  @Test
  void theEndIsTheEndWhereNoRowCanLookLikeIt() {
    begin(NULLABLE);
    take(END, false);
    assertThat(reader.ended()).isTrue();
    assertThatThrownBy(() -> take(new byte[] {2, 0}, true))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining("103")
        .hasMessageContaining("has ended");
  }

  @Test
  void whatBeginsWithoutAHeaderIsNoSnapshot() {
    for (byte[] first :
        List.of(END, new byte[] {2, 0}, "{}".getBytes(UTF_8), "[]".getBytes(UTF_8))) {
      assertThatThrownBy(
              () -> new SnapshotReader(MAX).accept(7, Packets.first(first.length, first), false))
          .isInstanceOf(MessageException.NoHeader.class)
          .hasMessageContaining("sequence 7 without its header");
    }
    assertThatThrownBy(() -> new SnapshotReader(MAX).accept(7, Packets.next(1, (byte) 1), false))
        .isInstanceOf(MessageException.NoHeader.class);
  }

  @Test
  void aHeaderWithoutTimeOrLsnIsNone() {
    String good = new String(header(NULLABLE), UTF_8);
    for (String bad :
        List.of(
            good.replace("2026-11-22T05:52:12.747316Z", "yesterday"),
            good.replace("0/2E854B0", ""),
            good.replace("\"schema\"", "\"other\""))) {
      byte[] message = bad.getBytes(UTF_8);
      assertThatThrownBy(
              () ->
                  new SnapshotReader(MAX).accept(7, Packets.first(message.length, message), false))
          .isInstanceOf(MessageException.NoHeader.class);
    }
  }

  @Test
  void aRowThatWasLeftUnfinishedIsAnError() {
    begin(NULLABLE);
    reader.accept(++sequence, Packets.first(9, (byte) 1), false);
    assertThatThrownBy(() -> take(END, true))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining("ends in its middle");
  }

  @ParameterizedTest
  @EnumSource
  void everyCapturedSnapshotIsReadToItsLastRow(Generation generation) {
    Map<String, List<CapturedMessage>> bySubject = new LinkedHashMap<>();
    new GoldenCapture(generation)
        .snapshots()
        .forEach(m -> bySubject.computeIfAbsent(m.subject(), s -> new ArrayList<>()).add(m));
    var broken = new ArrayList<String>();
    bySubject.forEach(
        (subject, messages) -> {
          List<String> parts = List.of(subject.split("\\.", -1));
          String table = parts.get(parts.size() - 2);
          try {
            SnapshotReader read = read(messages);
            var cursor = new AvroCursor();
            for (WireMessage row : read.takeRows()) {
              cursor.over(row.bytes(), row.offset(), row.offset() + row.length());
              cursor.skip(read.header().shape());
              assertThat(cursor.remaining()).as(subject).isZero();
            }
            if (!read.ended()) {
              broken.add(table + ": no end");
            }
          } catch (MessageException.NoHeader e) {
            broken.add(table + ": no header");
          }
        });
    assertThat(bySubject).hasSize(generation == Generation.OLD ? 35 : 36);
    assertThat(broken)
        .containsExactlyElementsOf(
            generation == Generation.OLD
                ? List.of("CamelCase: no end")
                : List.of("CamelCase: no end", "snap_10k: no end", "snap_small: no header"));
  }

  private static SnapshotReader read(List<CapturedMessage> messages) {
    var reader = new SnapshotReader(MAX);
    for (int i = 0; i < messages.size(); i++) {
      CapturedMessage message = messages.get(i);
      reader.accept(message.sequence(), message.payload(), i == messages.size() - 1);
    }
    return reader;
  }
}
