package dev.creek.consumer.jetstream.direct;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.creek.consumer.jetstream.pull.MessagePlace;
import dev.creek.consumer.jetstream.pull.SubjectTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;

final class PacketFilterTest {
  private static final String HEADERS = "NATS/1.0\r\nNats-Msg-Id: 7\r\n\r\n";
  private static final String STATUS =
      "NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 2\r\n\r\n";

  private final PacketReceivers receivers = new PacketReceivers();
  private final PacketFilter filter = new PacketFilter(receivers);
  private final List<String> packets = new ArrayList<>();
  private final Disposable registered =
      receivers.register("creek_a", SubjectTable.NONE, this::note);

  private void note(MessagePlace ack, byte[] data, long wireBytes) {
    packets.add(
        "%d/%d/%d %s %d"
            .formatted(
                ack.streamSequence(),
                ack.consumerSequence(),
                ack.pending(),
                new String(data, ISO_8859_1),
                wireBytes));
  }

  private static String ack(String consumer, int sequence) {
    return "$JS.ACK.CREEK_wal.%s.1.%d.%d.1700000000000000000.3"
        .formatted(consumer, sequence, sequence - 100);
  }

  private static String message(String reply, String data) {
    return "MSG wal.t 4 %s%d\r\n%s\r\n".formatted(spaced(reply), data.length(), data);
  }

  private static String headed(String reply, String headers, String data) {
    return "HMSG wal.t 4 %s%d %d\r\n%s%s\r\n"
        .formatted(
            spaced(reply), headers.length(), headers.length() + data.length(), headers, data);
  }

  private static String spaced(String reply) {
    return reply.isEmpty() ? "" : reply + " ";
  }

  private String through(int piece, String... sent) throws IOException {
    byte[] all = String.join("", sent).getBytes(ISO_8859_1);
    StringBuilder rest = new StringBuilder();
    for (int at = 0; at < all.length; at += piece) {
      byte[] some = Arrays.copyOfRange(all, at, Math.min(all.length, at + piece));
      filter.accept(some, some.length);
      Arrays.fill(some, (byte) '?');
      byte[] taken = new byte[5];
      while (!filter.rest().isEmpty()) {
        int length = filter.rest().take(taken, 0, taken.length);
        rest.append(new String(taken, 0, length, ISO_8859_1));
      }
    }
    return rest.toString();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 31, 64, 10_000})
  void takesWhatIsForAReceiverAndLeavesTheRest(int piece) throws IOException {
    String[] others = {
      "INFO {\"headers\":true}\r\n",
      "PING\r\n",
      message("", "an answer with\r\nMSG wal.t 4 $JS.ACK.x in it"),
      headed("", STATUS, ""),
      headed("", HEADERS, "stored"),
      message("_INBOX.x", "a question"),
      message(ack("creek_b", 105), "of another consumer"),
      "PONG\r\n"
    };
    String rest =
        through(
            piece,
            others[0],
            message(ack("creek_a", 101), "one\r\nMSG"),
            others[1],
            headed(ack("creek_a", 102), HEADERS, "two"),
            others[2],
            others[3],
            message(ack("creek_a", 103), ""),
            headed(ack("creek_a", 104), HEADERS, ""),
            others[4],
            others[5],
            others[6],
            message(ack("creek_a", 106), "last"),
            others[7]);

    assertThat(rest).isEqualTo(String.join("", others));
    int around = "wal.t".length() + ack("creek_a", 101).length();
    assertThat(packets)
        .containsExactly(
            "101/1/3 one\r\nMSG " + (8 + around),
            "102/2/3 two " + (HEADERS.length() + 3 + around),
            "103/3/3  " + around,
            "104/4/3  " + (HEADERS.length() + around),
            "106/6/3 last " + (4 + around));
  }

  @Test
  void leavesWhatIsForNobodyAnyMore() throws IOException {
    through(10, message(ack("creek_a", 101), "one"));
    registered.dispose();
    String late = message(ack("creek_a", 102), "two");

    assertThat(through(10, late)).isEqualTo(late);
    assertThat(packets).hasSize(1);
  }

  @Test
  void tellsConsumersApart() throws IOException {
    List<String> others = new ArrayList<>();
    receivers.register(
        "creek_b",
        SubjectTable.NONE,
        (ack, data, wireBytes) -> others.add(new String(data, ISO_8859_1)));

    through(
        100,
        message(ack("creek_a", 101), "a"),
        message(ack("creek_b", 102), "b"),
        message(ack("creek_a", 103), "c"));

    assertThat(packets).hasSize(2);
    assertThat(others).containsExactly("b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MSG wal.t 4\r\n",
        "MSG wal.t 4 -1\r\n",
        "MSG wal.t 4 9999999999\r\n",
        "MSG wal.t 4 a b 3\r\n",
        "HMSG wal.t 4 9 3\r\n",
        "HMSG wal.t 4 r 1 2 3\r\n",
        "MSG wal.t 4 $JS.ACK.s.creek_a.1.1.1.1.1 3\r\nabcd\r\n"
      })
  void givesUpWhereTheServerSpeaksSomethingElse(String sent) {
    assertThatIOException().isThrownBy(() -> through(1000, sent));
  }

  @Test
  void aReceiverThatFailsEndsTheConnection() {
    receivers.register(
        "creek_c",
        SubjectTable.NONE,
        (ack, data, wireBytes) -> {
          throw new IllegalStateException("closed");
        });

    assertThatIOException()
        .isThrownBy(() -> through(1000, message(ack("creek_c", 101), "one")))
        .withMessageContaining("closed");
  }
}
