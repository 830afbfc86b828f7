package dev.creek.consumer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.testing.CapturedMessage;
import dev.creek.consumer.testing.GoldenCapture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MessageAssemblerTest {
  private final MessageAssembler assembler = new MessageAssembler(100);

  private static byte[] bytes(WireMessage message) {
    return Arrays.copyOfRange(
        message.bytes(), message.offset(), message.offset() + message.length());
  }

  @Test
  void handsOverAMessageInOnePacketWithoutCopyingIt() {
    byte[] packet = Packets.first(2, (byte) 7, (byte) 8);
    var message = assembler.accept(5, packet);
    assertThat(message.bytes()).isSameAs(packet);
    assertThat(bytes(message)).containsExactly(7, 8);
    assertThat(message.firstSequence()).isEqualTo(5);
    assertThat(message.lastSequence()).isEqualTo(5);
    assertThat(assembler.inMessage()).isFalse();
  }

  @Test
  void anEmptyMessageIsAMessage() {
    assertThat(assembler.accept(1, Packets.first(0)).length()).isZero();
  }

  @Test
  void putsPacketsTogetherIntoAnArrayOfTheDeclaredLength() {
    assertThat(assembler.accept(3, Packets.first(5, (byte) 1, (byte) 2))).isNull();
    assertThat(assembler.inMessage()).isTrue();
    assertThat(assembler.accept(4, Packets.next(1, (byte) 3, (byte) 4))).isNull();
    var message = assembler.accept(9, Packets.next(2, (byte) 5));
    assertThat(message.bytes()).containsExactly(1, 2, 3, 4, 5);
    assertThat(message.offset()).isZero();
    assertThat(message.firstSequence()).isEqualTo(3);
    assertThat(message.lastSequence()).isEqualTo(9);
    assertThat(assembler.inMessage()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void swallowsTheEmptyPacketBehindAnExactMultiple(int fullPackets) {
    var packets = Packets.of(new byte[fullPackets * 4], 4);
    assertThat(packets).hasSize(fullPackets + 1);
    var messages = new ArrayList<WireMessage>();
    for (int i = 0; i < packets.size(); i++) {
      messages.add(assembler.accept(i, packets.get(i)));
    }
    assertThat(messages.get(fullPackets - 1).length()).isEqualTo(fullPackets * 4);
    assertThat(messages.get(fullPackets)).isNull();
    assertThat(assembler.inMessage()).isFalse();
    assertThat(assembler.accept(9, Packets.first(1, (byte) 1))).isNotNull();
  }

  @Test
  void swallowsTheEmptyPacketWhereItIsTheFirstOneRead() {
    assertThat(assembler.accept(1, Packets.next(3))).isNull();
    assertThat(assembler.accept(2, Packets.first(1, (byte) 1))).isNotNull();
  }

  @Test
  void theEmptyPacketOfAnotherMessageTellsThatItsHeadIsLost() {
    assembler.accept(1, Packets.first(1, (byte) 1));
    assertThatThrownBy(() -> assembler.accept(2, Packets.next(2)))
        .isInstanceOf(MessageException.LostHead.class);
  }

  @Test
  void aSecondEmptyPacketTellsThatTheHeadOfItsMessageIsLost() {
    assembler.accept(1, Packets.first(1, (byte) 1));
    assertThat(assembler.accept(2, Packets.next(1))).isNull();
    assertThatThrownBy(() -> assembler.accept(3, Packets.next(1)))
        .isInstanceOf(MessageException.LostHead.class);
  }

  @Test
  void aPacketWithoutThoseBeforeItTellsThatTheHeadIsLost() {
    assertThatThrownBy(() -> assembler.accept(1, Packets.next(1, (byte) 1)))
        .isInstanceOf(MessageException.LostHead.class)
        .hasMessageContaining("packet 1");
    assertThat(assembler.accept(2, Packets.first(1, (byte) 1))).isNotNull();
  }

  @Test
  void aPacketThatOnlySeemsToContinueTheMessageBeforeItTellsThatTheHeadIsLost() {
    assembler.accept(1, Packets.first(1, (byte) 1));
    assertThatThrownBy(() -> assembler.accept(2, Packets.next(1, (byte) 2)))
        .isInstanceOf(MessageException.LostHead.class);
  }

  @Test
  void aMessageHandedOverIsNotTouchedByTheNext() {
    assembler.accept(1, Packets.first(4, (byte) 1, (byte) 2));
    var first = assembler.accept(2, Packets.next(1, (byte) 3, (byte) 4));
    assembler.accept(3, Packets.first(3, (byte) 5, (byte) 6));
    var second = assembler.accept(4, Packets.next(1, (byte) 7));
    assertThat(bytes(first)).containsExactly(1, 2, 3, 4);
    assertThat(bytes(second)).containsExactly(5, 6, 7);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 65535})
  void aPacketThatSkipsOneTellsThatTheHeadIsLost(int index) {
    assembler.accept(1, Packets.first(9, (byte) 1));
    assertThatThrownBy(() -> assembler.accept(2, Packets.next(index, (byte) 1)))
        .isInstanceOf(MessageException.LostHead.class);
    assertThat(assembler.inMessage()).isFalse();
    assertThat(assembler.abandoned()).isZero();
  }

  @Test
  void aNewMessageInTheMiddleOfAnotherDropsTheTorsoAndCountsIt() {
    assembler.accept(1, Packets.first(9, (byte) 1));
    assembler.accept(2, Packets.next(1, (byte) 2));
    assertThat(assembler.accept(3, Packets.first(3, (byte) 3, (byte) 4))).isNull();
    assertThat(assembler.abandoned()).isEqualTo(1);
    var message = assembler.accept(4, Packets.next(1, (byte) 5));
    assertThat(bytes(message)).containsExactly(3, 4, 5);
    assertThat(message.firstSequence()).isEqualTo(3);
    assertThat(assembler.accept(5, Packets.first(1, (byte) 6))).isNotNull();
    assertThat(assembler.abandoned()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Integer.MIN_VALUE})
  void refusesALengthThatNoMessageHas(int declared) {
    assertThatThrownBy(() -> assembler.accept(1, Packets.first(declared, new byte[8])))
        .isExactlyInstanceOf(MessageException.class)
        .hasMessageContaining(Integer.toUnsignedString(declared));
    assertThat(assembler.inMessage()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {101, Integer.MAX_VALUE})
  void refusesALengthBeyondTheBound(int declared) {
    long before = AllocatedBytes.byThisThread();
    assertThatThrownBy(() -> assembler.accept(1, Packets.first(declared, new byte[8])))
        .isInstanceOfSatisfying(
            MessageException.TooLong.class, e -> assertThat(e.declaredBytes()).isEqualTo(declared));
    assertThat(AllocatedBytes.byThisThread() - before).isLessThan(1_000_000);
  }

  @Test
  void dropsTheRestOfAMessageThatIsTooLong() {
    assertThatThrownBy(() -> assembler.accept(1, Packets.first(120, new byte[50])))
        .isInstanceOf(MessageException.TooLong.class);
    assertThat(assembler.inMessage()).isTrue();
    assertThat(assembler.accept(2, Packets.next(1, new byte[50]))).isNull();
    assertThat(assembler.inMessage()).isTrue();
    assertThat(assembler.accept(3, Packets.next(2, new byte[20]))).isNull();
    assertThat(assembler.inMessage()).isFalse();
    assertThat(assembler.accept(4, Packets.next(3))).isNull();
    assertThat(bytes(assembler.accept(5, Packets.first(1, (byte) 1)))).containsExactly(1);
  }

  @Test
  void aMessageThatFollowsTheTorsoOfOneThatIsTooLongIsWhole() {
    assertThatThrownBy(() -> assembler.accept(1, Packets.first(120, new byte[50])))
        .isInstanceOf(MessageException.TooLong.class);
    assertThat(bytes(assembler.accept(2, Packets.first(1, (byte) 1)))).containsExactly(1);
    assertThat(assembler.inMessage()).isFalse();
  }

  @Test
  void acceptsALengthAtTheBound() {
    assertThat(assembler.accept(1, Packets.first(100, new byte[100]))).isNotNull();
  }

  @Test
  void refusesMoreDataThanDeclared() {
    assertThatThrownBy(() -> assembler.accept(1, Packets.first(1, (byte) 1, (byte) 2)))
        .isExactlyInstanceOf(MessageException.class);
    assertThat(assembler.inMessage()).isFalse();
    assembler.accept(2, Packets.first(3, (byte) 1, (byte) 2));
    assertThatThrownBy(() -> assembler.accept(3, Packets.next(1, (byte) 3, (byte) 4)))
        .isExactlyInstanceOf(MessageException.class);
    assertThat(assembler.inMessage()).isFalse();
  }

  @Test
  void refusesPacketsTooShortForTheirHeader() {
    for (int length : new int[] {0, 1, 2, 5}) {
      assertThatThrownBy(() -> assembler.accept(1, new byte[length]))
          .isExactlyInstanceOf(MessageException.class);
    }
  }

  @Test
  void refusesAnEmptyPacketBeforeTheEnd() {
    assertThatThrownBy(() -> assembler.accept(1, Packets.first(3)))
        .isExactlyInstanceOf(MessageException.class);
    assembler.accept(2, Packets.first(3, (byte) 1));
    assertThatThrownBy(() -> assembler.accept(3, Packets.next(1)))
        .isExactlyInstanceOf(MessageException.class)
        .hasMessageContaining("2 bytes before the end");
  }

  @Test
  void refusesMorePacketsThanTheIndexCanCount() {
    var large = new MessageAssembler(1 << 20);
    large.accept(0, Packets.first(1 << 20, (byte) 0));
    for (int i = 1; i < 65535; i++) {
      large.accept(i, Packets.next(i, (byte) 0));
    }
    assertThatThrownBy(() -> large.accept(65535, Packets.next(65535, (byte) 0)))
        .isExactlyInstanceOf(MessageException.class);
  }

  @Test
  void aHeaderThatLiesAllocatesNoMoreThanWhatArrived() {
    var unbounded = new MessageAssembler(Integer.MAX_VALUE);
    long before = AllocatedBytes.byThisThread();
    assertThat(unbounded.accept(1, Packets.first(Integer.MAX_VALUE, new byte[1000]))).isNull();
    assertThat(AllocatedBytes.byThisThread() - before).isLessThan(100_000);
  }

  @Test
  void packetsOfAnySizeGiveTheMessagesBack() {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    var large = new MessageAssembler(1000);
    for (int round = 0; round < 2000; round++) {
      byte[] message = new byte[random.nextInt(100)];
      random.nextBytes(message);
      var out = new ArrayList<byte[]>();
      for (byte[] packet : Packets.of(message, 1 + random.nextInt(40))) {
        var whole = large.accept(round, packet);
        if (whole != null) {
          out.add(bytes(whole));
        }
      }
      assertThat(out).containsExactly(message);
    }
    assertThat(large.abandoned()).isZero();
  }

  @Test
  void readsTheLongMessagesOfTheRealProducer() {
    assertThat(whole(new GoldenCapture(Generation.OLD).wal(), 5743, 5758))
        .contains("5743-5745 3088989", "5748-5748 1048569", "5751-5752 1048570")
        .contains("5753-5754 2097138")
        .noneMatch(s -> s.startsWith("5749") || s.startsWith("5755"));
    assertThat(whole(new GoldenCapture(Generation.OLD).snapshots(), 10225, 10240))
        .contains("10225-10226 1688901", "10228-10231 3788901", "10233-10233 1048569")
        .noneMatch(s -> s.startsWith("10234"));
  }

  @Test
  void canBeginAtAnyPacketOfTheRealProducerThatIsNoContinuation() {
    var wal = new GoldenCapture(Generation.OLD).wal();
    assertThat(whole(wal, 5749, 5750)).hasSize(1);
    assertThat(whole(wal, 5755, 5756)).hasSize(1);
    assertThatThrownBy(() -> whole(wal, 5744, 5746)).isInstanceOf(MessageException.LostHead.class);
    assertThatThrownBy(() -> whole(wal, 5752, 5753)).isInstanceOf(MessageException.LostHead.class);
  }

  /** Messages of a range of one subject as {@code first-last length}. */
  private static List<String> whole(List<CapturedMessage> packets, long from, long to) {
    var assembler = new MessageAssembler(GoldenWal.MAX_MESSAGE_BYTES);
    var messages = new ArrayList<String>();
    for (var packet : packets) {
      if (packet.sequence() >= from && packet.sequence() <= to) {
        var m = assembler.accept(packet.sequence(), packet.payload());
        if (m != null) {
          messages.add(m.firstSequence() + "-" + m.lastSequence() + " " + m.length());
        }
      }
    }
    return messages;
  }
}
