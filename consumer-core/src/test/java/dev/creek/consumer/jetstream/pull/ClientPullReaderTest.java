package dev.creek.consumer.jetstream.pull;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.Message;
import io.nats.client.impl.NatsJetStreamMetaData;
import io.nats.client.impl.NatsMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ClientPullReaderTest {
  private final Queue<Runnable> pauses = new ArrayDeque<>();
  private final List<String> came = new ArrayList<>();
  private final List<Message> others = new ArrayList<>();
  private final PullIntake intake =
      new ClientPullReader(pauses::add)
          .intake("creek_a", SubjectTable.NONE, new Notes(), others::add);

  private final class Notes implements PullReceiver {
    @Override
    public void onMessage(MessagePlace place, byte[] data, long wireBytes) {
      came.add(
          "%d/%d/%d %s %d"
              .formatted(
                  place.streamSequence(),
                  place.consumerSequence(),
                  place.pending(),
                  new String(data, US_ASCII),
                  wireBytes));
    }

    @Override
    public void onPause() {
      came.add("pause");
    }
  }

  /** As the client makes one of what a consumer sends. */
  private static final class Sent extends NatsMessage {
    private Sent(String reply, String data) {
      super("wal.t", reply, data.getBytes(US_ASCII));
    }

    @Override
    public boolean isJetStream() {
      return true;
    }

    @Override
    public NatsJetStreamMetaData metaData() {
      return new NatsJetStreamMetaData(this);
    }
  }

  private void handle(Message message) {
    try {
      intake.handler().onMessage(message);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Message sent(int sequence, String data) {
    return new Sent(
        "$JS.ACK.s.creek_a.1.%d.%d.1700000000000000000.3".formatted(sequence, sequence - 100),
        data);
  }

  private void runPauses() {
    for (Runnable pause = pauses.poll(); pause != null; pause = pauses.poll()) {
      pause.run();
    }
  }

  @Test
  void handsMessagesOverWithTheirPlaceAndSize() {
    handle(sent(101, "one"));
    handle(sent(102, ""));
    int reply = "$JS.ACK.s.creek_a.1.101.1.1700000000000000000.3".length();
    assertThat(came)
        .containsExactly(
            "101/1/3 one " + ("wal.t".length() + reply + 3),
            "102/2/3  " + ("wal.t".length() + reply));
    assertThat(others).isEmpty();
  }

  @Test
  void pausesOnceBehindManyMessagesAndAgainBehindTheNext() {
    handle(sent(101, "a"));
    handle(sent(102, "b"));
    handle(sent(103, "c"));
    assertThat(pauses).hasSize(1);
    runPauses();
    assertThat(came).hasSize(4).endsWith("pause");
    handle(sent(104, "d"));
    runPauses();
    assertThat(came).hasSize(6).endsWith("pause");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$JS.ACK.s.creek_b.1.101.1.1700000000000000000.3",
        "$JS.ACK.s.creek_a.1.101.1.1700000000000000000",
        "$JS.ACK.s.creek_a.1.x.1.1700000000000000000.3",
        "$JS.ACK.s"
      })
  void leavesWhatIsNoMessageOfItsConsumer(String reply) {
    Message message = new Sent(reply, "one");
    handle(message);
    Message answer = new NatsMessage("_INBOX.a.1", null, new byte[0]);
    handle(answer);
    assertThat(others).containsExactly(message, answer);
    assertThat(came).isEmpty();
    assertThat(pauses).isEmpty();
  }

  @Test
  void handsNothingOverAfterItsEnd() {
    handle(sent(101, "one"));
    intake.registration().dispose();
    handle(sent(102, "two"));
    handle(new NatsMessage("_INBOX.a.1", null, new byte[0]));
    runPauses();
    assertThat(came).hasSize(1);
    assertThat(others).isEmpty();
    assertThat(intake.registration().isDisposed()).isTrue();
  }
}
