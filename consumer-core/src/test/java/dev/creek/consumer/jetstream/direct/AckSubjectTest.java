package dev.creek.consumer.jetstream.direct;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AckSubjectTest {
  private final AckSubject ack = new AckSubject();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$JS.ACK.CREEK_wal.creek_x.1.9876543210.77.1700000000123456789.42",
        "$JS.ACK.hub.ACCHASH.CREEK_wal.creek_x.1.9876543210.77.1700000000123456789.42",
        "$JS.ACK._.ACCHASH.CREEK_wal.creek_x.1.9876543210.77.1700000000123456789.42.a1b2"
      })
  void readsBothForms(String subject) {
    assertThat(read(subject)).isTrue();
    assertThat(consumer(subject)).isEqualTo("creek_x");
    assertThat(ack.streamSequence()).isEqualTo(9876543210L);
    assertThat(ack.consumerSequence()).isEqualTo(77);
    assertThat(ack.pending()).isEqualTo(42);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "_INBOX.abc",
        "$JS.ACK.",
        "$JS.FC.CREEK_wal.creek_x.1.2.3.4.5",
        "$JS.ACK.CREEK_wal.creek_x.1.2.3.4",
        "$JS.ACK.CREEK_wal.creek_x.1.2.3.4.5.6",
        "$JS.ACK.CREEK_wal.creek_x.1.x.3.4.5",
        "$JS.ACK.CREEK_wal.creek_x.1..3.4.5",
        "$JS.ACK.CREEK_wal.creek_x.1.2.3.4."
      })
  void refusesAnythingElse(String subject) {
    assertThat(read(subject)).isFalse();
  }

  /** With bytes around it. */
  private boolean read(String subject) {
    return ack.read(("x" + subject + ".9").getBytes(US_ASCII), 1, 1 + subject.length());
  }

  private String consumer(String subject) {
    return subject.substring(ack.consumerFrom() - 1, ack.consumerTo() - 1);
  }
}
