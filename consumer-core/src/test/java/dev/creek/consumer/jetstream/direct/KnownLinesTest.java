package dev.creek.consumer.jetstream.direct;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.jetstream.pull.MessagePlace;
import dev.creek.consumer.jetstream.pull.PullReceiver;
import dev.creek.consumer.jetstream.pull.SubjectTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;

final class KnownLinesTest {
  private static final String BEGINNING = "MSG wal.t 4 $JS.ACK.s.creek_a.1.";
  private static final int STREAMS = 300;

  private final PacketReceivers receivers = new PacketReceivers();
  private final AckSubject ack = new AckSubject();
  private final KnownLines lines = new KnownLines(ack);
  private final Disposable registered =
      receivers.register("creek_a", SubjectTable.NONE, (at, data, bytes) -> {});

  private PacketReceivers.@Nullable Entry read(String sent) {
    byte[] bytes = ("??" + sent + "??").getBytes(ISO_8859_1);
    return lines.read(bytes, 2, bytes.length - 2);
  }

  private void learn(String message) {
    byte[] bytes = message.getBytes(ISO_8859_1);
    try {
      new PacketFilter(receivers, ack, lines).accept(bytes, bytes.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void knowsALineThatBeginsAsTheLastOneDid() {
    String next = BEGINNING + "908.18.1234567890123456789.0 3\r\nabc\r\n";
    assertThat(read(next)).isNull();

    learn(BEGINNING + "907.17.5.1 1\r\nx\r\n");

    assertThat(read(next)).isSameAs(registered);
    assertThat(ack.streamSequence()).isEqualTo(908);
    assertThat(ack.consumerSequence()).isEqualTo(18);
    assertThat(ack.pending()).isZero();
    int payload = 2 + next.indexOf("abc");
    assertThat(lines.payloadFrom()).isEqualTo(payload);
    assertThat(lines.payloadTo()).isEqualTo(payload + 3);
    assertThat(lines.next()).isEqualTo(2 + next.length());
    assertThat(lines.wireBytes())
        .isEqualTo("wal.t$JS.ACK.s.creek_a.1.908.18.1234567890123456789.0".length() + 3);
  }

  @Test
  void passesOverHeaders() {
    String beginning = "H" + BEGINNING;
    learn(beginning + "907.17.5.1 2 3\r\n::x\r\n");
    String next = beginning + "908.18.6.0 2 5\r\n::abc\r\n";

    assertThat(read(next)).isSameAs(registered);
    assertThat(lines.payloadFrom()).isEqualTo(2 + next.indexOf("abc"));
    assertThat(lines.payloadTo()).isEqualTo(lines.payloadFrom() + 3);
    assertThat(lines.next()).isEqualTo(2 + next.length());
  }

  @Test
  void keepsTheLinesOfManyConsumersApart() {
    List<Disposable> all = new ArrayList<>();
    // The client subscribes for each consumer, so each has a number of its own.
    IntFunction<String> begin = i -> "MSG wal.t %d $JS.ACK.s.creek_%d.1.".formatted(4 + i, i);
    for (int i = 0; i < 20; i++) {
      String first = begin.apply(i) + "1.1.1.1 1\r\nx\r\n";
      all.add(receivers.register("creek_" + i, SubjectTable.NONE, (at, data, bytes) -> {}));
      learn(first);
    }
    for (int i = 0; i < 20; i++) {
      String next = begin.apply(i) + "2.2.1.1 1\r\nx\r\n";
      assertThat(read(next)).isSameAs(all.get(i));
      assertThat(read(next)).isSameAs(all.get(i));
      all.get(i).dispose();
      assertThat(read(next)).isNull();
    }
  }

  @Test
  void knowsTheLinesOfManyAlternatingSubjectsAndTheirTables() {
    int count = 500;
    List<SourceTable> tables = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tables.add(new SourceTable("d", "s", "t" + i));
    }
    Disposable all =
        receivers.register(
            "creek_b",
            subject -> tables.get(Integer.parseInt(subject.substring("wal.t".length()))),
            (at, data, bytes) -> {});
    IntFunction<String> begin = i -> "MSG wal.t%d 9 $JS.ACK.s.creek_b.1.".formatted(i);
    for (int i = 0; i < count; i++) {
      learn(begin.apply(i) + "1.1.1.1 1\r\nx\r\n");
    }
    int known = 0;
    for (int i = 0; i < count; i++) {
      if (read(begin.apply(i) + "2.2.1.1 1\r\nx\r\n") == all) {
        assertThat(ack.table()).isSameAs(tables.get(i));
        known++;
      }
    }
    // A few may share a place with too many others.
    assertThat(known).isGreaterThan(count * 95 / 100);
  }

  @Test
  void whatAnEndedConsumerReceivedIsNotKept() {
    PullReceiver receiver =
        new PullReceiver() {
          @Override
          public void onMessage(MessagePlace place, byte[] data, long wireBytes) {}
        };
    var kept = new WeakReference<>(receiver);
    Disposable ended = receivers.register("creek_c", SubjectTable.NONE, receiver);
    learn("MSG wal.t 7 $JS.ACK.s.creek_c.1.1.1.1.1 1\r\nx\r\n");
    ended.dispose();
    receiver = null;

    await()
        .until(
            () -> {
              System.gc();
              return kept.refersTo(null);
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MSG wal.t 5 $JS.ACK.s.creek_a.1.908.18.6.0 3\r\nabc\r\n",
        BEGINNING,
        BEGINNING + "908.18.6.0 3\r\nabc\r",
        BEGINNING + "908.18.6.0 3\r\nabcd\r\n",
        BEGINNING + "908.18.6.0 3\r\nabc\n\n",
        BEGINNING + "908.18.6.0 3\r\nabc\r\r",
        BEGINNING + "908.18.6.0 3\r?abc\r\n",
        BEGINNING + "908.18.6.0 3\nabc\r\n",
        BEGINNING + "908.18.6.0 3",
        BEGINNING + "908.18.6.0  3\r\nabc\r\n",
        BEGINNING + "908.18.6.0 \r\nabc\r\n",
        BEGINNING + "908.18.6.0 -3\r\nabc\r\n",
        BEGINNING + "908.18.6.0 18446744073709551619\r\nabc\r\n",
        BEGINNING + "908.18.6.0 9999999999999999999\r\nabc\r\n",
        BEGINNING + "0.18.6.0 3\r\nabc\r\n",
        BEGINNING + "908.0.6.0 3\r\nabc\r\n",
        BEGINNING + "908..6.0 3\r\nabc\r\n",
        BEGINNING + "908.18.6. 3\r\nabc\r\n",
        BEGINNING + "908.18.6 3\r\nabc\r\n",
        BEGINNING + "908.18.6.0.7 3\r\nabc\r\n",
        BEGINNING + "908.1x.6.0 3\r\nabc\r\n",
        BEGINNING + "908.18.x.0 3\r\nabc\r\n",
        BEGINNING + "908.18.x0 3\r\nabc\r\n",
      })
  void leavesAnythingElse(String sent) {
    learn(BEGINNING + "907.17.5.1 1\r\nx\r\n");

    assertThat(read(sent)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"4 3", "x 3", " 3", "3"})
  void leavesHeadersThatCannotBe(String sizes) {
    learn("H" + BEGINNING + "907.17.5.1 2 3\r\n::x\r\n");

    assertThat(read("H" + BEGINNING + "908.18.6.0 " + sizes + "\r\nabc\r\n")).isNull();
  }

  /** Nothing is known as a whole where bytes come one by one: that is the way to compare with. */
  @Test
  void aFilterDoesWithThemWhatItDoesWithout() {
    Random seeds = new Random(1);
    for (int i = 0; i < STREAMS; i++) {
      long seed = seeds.nextLong();
      byte[] sent = new AnyMessages(seed).toString().getBytes(ISO_8859_1);
      Random pieces = new Random(seed);
      int longest = pieces.nextBoolean() ? 200 : 3000;

      assertThat(new Seen(sent, () -> 1 + pieces.nextInt(longest)).toString())
          .as("stream %d", seed)
          .isEqualTo(new Seen(sent, () -> 1).toString());
    }
  }

  /** All that a filter does with what is sent. */
  private static final class Seen {
    private final PacketReceivers receivers = new PacketReceivers();
    private final PacketFilter filter = new PacketFilter(receivers);
    private final StringBuilder packets = new StringBuilder();
    private final StringBuilder rest = new StringBuilder();
    private String end = "read to the end";

    Seen(byte[] sent, Supplier<Integer> pieces) {
      register("creek_a");
      register("creek_b");
      try {
        for (int at = 0, next; at < sent.length; at = next) {
          next = Math.min(sent.length, at + pieces.get());
          byte[] piece = Arrays.copyOfRange(sent, at, next);
          filter.accept(piece, piece.length);
          takeRest();
        }
      } catch (IOException e) {
        end = String.valueOf(e.getMessage());
        takeRest();
      }
    }

    private void register(String consumer) {
      Disposable[] registered = new Disposable[1];
      registered[0] =
          receivers.register(
              consumer,
              SubjectTable.NONE,
              (ack, data, wireBytes) -> {
                String text = new String(data, ISO_8859_1);
                packets.append(
                    "%s %d/%d/%d %s %d%n"
                        .formatted(
                            consumer,
                            ack.streamSequence(),
                            ack.consumerSequence(),
                            ack.pending(),
                            text,
                            wireBytes));
                if (text.startsWith("refuse")) {
                  throw new IllegalStateException("refused");
                }
                if (text.startsWith("dispose")) {
                  registered[0].dispose();
                }
              });
    }

    private void takeRest() {
      byte[] taken = new byte[100];
      while (!filter.rest().isEmpty()) {
        rest.append(new String(taken, 0, filter.rest().take(taken, 0, 100), ISO_8859_1));
      }
    }

    @Override
    public String toString() {
      return packets + "rest: " + rest + "\n" + end;
    }
  }

  /** What a server might send, and what it should not. */
  private static final class AnyMessages {
    private final Random random;
    private final boolean usuallyHeaded;
    private final StringBuilder sent = new StringBuilder();

    AnyMessages(long seed) {
      random = new Random(seed);
      usuallyHeaded = random.nextBoolean();
      // Most are right all through: they are to get beyond the first messages.
      int odds = random.nextInt(4) == 0 ? 10 : 100_000;
      for (int i = 0; i < 40; i++) {
        sent.append(random.nextInt(10) == 0 ? other() : message(odds));
      }
    }

    private String other() {
      return any("PING\r\n", "+OK\r\n", "INFO {\"a\":1}\r\n", "MSG wal.t 4 2\r\nhi\r\n");
    }

    private String message(int odds) {
      boolean headed = sometimes(!usuallyHeaded, usuallyHeaded);
      String headers = headed ? "NATS/1.0\r\nId: " + number() + "\r\n\r\n" : "";
      String data = data(odds);
      int total = headers.length() + data.length();
      String text =
          (headed ? "HMSG " : "MSG ")
              + sometimes("wal.u 14 ", "wal.t 4 ")
              + reply()
              + (headed ? " " + headers.length() : "")
              + " "
              + total
              + "\r\n";
      return spoilt(text, odds) + headers + data + (random.nextInt(odds) == 0 ? "\n\n" : "\r\n");
    }

    private String data(int odds) {
      if (random.nextInt(odds) == 0) {
        return "refuse";
      }
      return random.nextInt(200) == 0
          ? "dispose"
          : any("", "row", "MSG wal.t 4 $JS", "\r\n", "0\r\n.").repeat(random.nextInt(20));
    }

    private String reply() {
      return "$JS.ACK."
          + sometimes("hub.ACC.", "")
          + "s."
          + any("creek_a", "creek_a", "creek_b", "creek_c")
          + sometimes(".2.", ".1.")
          + number()
          + "."
          + number()
          + ".1700000000"
          + (100_000_000 + random.nextInt(900_000_000))
          + "."
          + (number() - 1)
          + sometimes(".token", "");
    }

    private long number() {
      return 1 + (random.nextLong() >>> (1 + random.nextInt(62)));
    }

    private String spoilt(String line, int odds) {
      if (random.nextInt(odds) != 0) {
        return line;
      }
      int at = random.nextInt(line.length());
      String spoil = any("", " ", "\t", ".", "0", "x", "-", "99999999999999999999", "\r", "\n");
      return line.substring(0, at) + spoil + line.substring(at + random.nextInt(2));
    }

    private <T> T sometimes(T seldom, T otherwise) {
      return random.nextInt(10) == 0 ? seldom : otherwise;
    }

    private String any(String... of) {
      return of[random.nextInt(of.length)];
    }

    @Override
    public String toString() {
      return sent.toString();
    }
  }
}
