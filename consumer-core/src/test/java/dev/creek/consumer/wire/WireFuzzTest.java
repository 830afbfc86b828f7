package dev.creek.consumer.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.testing.GoldenCapture;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Damaged bytes end in a {@link MessageException} or in a value, never in anything else. */
@Timeout(120)
final class WireFuzzTest {
  private static final int ROUNDS = Integer.getInteger("wire.rounds", 40_000);
  private static final int MAX_BYTES = 4096;

  private Random random = new Random();

  @BeforeEach
  void seed() {
    long seed = Long.getLong("wire.seed", random.nextLong());
    System.out.println("-Dwire.seed=" + seed);
    random = new Random(seed);
  }

  /** 1 to 4 bytes changed, sometimes cut or grown. */
  private byte[] damaged(byte[] bytes) {
    byte[] copy =
        switch (random.nextInt(6)) {
          case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
          case 1 -> Arrays.copyOf(bytes, bytes.length + random.nextInt(20));
          default -> bytes.clone();
        };
    for (int i = random.nextInt(4); i >= 0 && copy.length > 0; i--) {
      int at = random.nextInt(copy.length);
      copy[at] =
          switch (random.nextInt(4)) {
            case 0 -> (byte) 0xff;
            case 1 -> (byte) 0x80;
            case 2 -> (byte) (copy[at] ^ 1 << random.nextInt(8));
            default -> (byte) random.nextInt();
          };
    }
    return copy;
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  @ParameterizedTest
  @EnumSource
  void damagedMessagesAreRefusedOrRead(Generation generation) {
    var golden = GoldenWal.of(generation);
    var messages = golden.wal.stream().filter(w -> w.message().length() < MAX_BYTES).toList();
    var cursor = new AvroCursor();
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      var original = any(messages).message();
      byte[] bytes =
          damaged(
              Arrays.copyOfRange(
                  original.bytes(), original.offset(), original.offset() + original.length()));
      var message = new WireMessage(bytes, 0, bytes.length, round, round);
      var decoder = new WalDecoder(golden.schemaOf(original));
      var knowing = new WalDecoder(golden.schemaOf(original));
      knowing.decode(original);
      assertThat(outcome(knowing, message)).isEqualTo(outcome(decoder, message));
      try {
        var change = decoder.decode(message);
        assertThat(change.end()).isEqualTo(bytes.length);
        if (change.after() >= 0) {
          cursor.over(bytes, change.after(), change.end()).skip(change.schema().after());
        }
      } catch (MessageException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(ROUNDS / 10, ROUNDS);
  }

  private static Object outcome(WalDecoder decoder, WireMessage message) {
    try {
      return decoder.decode(message);
    } catch (MessageException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @ParameterizedTest
  @EnumSource
  void messagesOfAnotherSchemaAreRefusedOrRead(Generation generation) {
    var golden = GoldenWal.of(generation);
    var messages = golden.wal.stream().filter(w -> w.message().length() < MAX_BYTES).toList();
    var schemas = List.copyOf(golden.schemas.values());
    var cursor = new AvroCursor();
    for (int round = 0; round < ROUNDS; round++) {
      var m = any(messages).message();
      var stranger = any(schemas);
      var change = new WalDecoder(golden.schemaOf(m)).decode(m);
      if (change.after() >= 0) {
        try {
          cursor.over(change.data(), change.after(), change.end()).skip(stranger.after());
        } catch (MessageException e) {
          assertThat(e.getMessage()).contains(" at byte ");
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void damagedSchemasAreRefusedOrRead(Generation generation) {
    var golden = GoldenWal.of(generation);
    int refused = 0;
    for (int round = 0; round < ROUNDS / 20; round++) {
      var m = any(golden.schemaMessages).message();
      byte[] bytes = damaged(Arrays.copyOfRange(m.bytes(), m.offset(), m.offset() + m.length()));
      try {
        var message = SchemaMessage.parse(bytes, 0, bytes.length);
        WalSchema.parse(new Fingerprint(round), message.schema());
      } catch (MessageException e) {
        refused++;
      }
      // The escapes of the message hide most of the schema text from damage: once more, bare.
      var schema = any(List.copyOf(golden.schemas.values()));
      String text =
          new String(
              damaged(schema.text().getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
      try {
        var parsed = WalSchema.parse(schema.fingerprint(), text);
        assertThat(parsed.after().fields()).isNotNull();
      } catch (MessageException e) {
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  @ParameterizedTest
  @EnumSource
  void damagedPacketsAllocateNoMoreThanTheyCarry(Generation generation) {
    var packets =
        new GoldenCapture(generation)
            .wal().stream()
                .map(packet -> packet.payload())
                .filter(payload -> payload.length < MAX_BYTES)
                .toList();
    var assembler = new MessageAssembler(Integer.MAX_VALUE);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] packet = damaged(any(packets));
      if (packet.length > 1 && random.nextBoolean()) {
        packet[0] = 0;
        packet[1] = (byte) random.nextInt(3);
      }
      long before = AllocatedBytes.byThisThread();
      try {
        var message = assembler.accept(round, packet);
        if (message != null) {
          assertThat(message.offset() + message.length())
              .isLessThanOrEqualTo(message.bytes().length);
        }
      } catch (MessageException e) {
        assertThat(assembler.inMessage()).isFalse();
      }
      assertThat(AllocatedBytes.byThisThread() - before).isLessThan(1 << 20);
    }
  }
}
