package dev.creek.consumer.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.DatabaseException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

final class ErrorWordsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "finishConnect(..) failed with error(-111): Connection refused: db/10.0.0.1:5432 | the connection was refused: nothing listens there",
        "connect(..) failed with error(-113): No route to host | there is no way through the network to it",
        "finishConnect(..) failed with error(-110) | no answer to the attempt to connect",
        "recvAddress(..) failed with error(-104): Connection reset by peer | the connection broke",
        "Connection unexpectedly closed | the connection broke",
        "Cannot exchange messages because the connection is closed | the connection broke",
        "Failed to read initial info message. | the connection broke",
        "java.io.IOException: Read channel closed. | the connection broke",
        "bind(..) failed with error(-98): Address already in use | Address already in use",
        "splice(..) failed with error(-71) | the connection broke",
        "Failed to resolve 'db' [A(1)] | the host's name cannot be resolved",
        "Pool#acquire(Duration) has been pending for more than the configured timeout of 10ms | no connection became free in time",
        "Authorization Violation | Authorization Violation",
        "java.net.ProtocolException: Unexpected status line | Unexpected status line"
      })
  void ofLibrariesAreToldInWordsForPeople(String library, String words) {
    assertThat(ErrorWords.of(new IOException(library))).isEqualTo(words);
  }

  @Test
  void ofSilenceHaveItsLimit() {
    StepVerifier.create(Mono.never().timeout(Duration.ofMillis(20)))
        .expectErrorSatisfies(
            silence -> {
              assertThat(ErrorWords.described(silence)).isEqualTo("no answer within 20 ms");
              assertThat(ErrorWords.of(new IllegalStateException("wrapped", silence)))
                  .isEqualTo("no answer within 20 ms");
            })
        .verify();
    assertThat(ErrorWords.shown(Duration.ofSeconds(90))).isEqualTo("90 s");
  }

  @Test
  void areKnownByTheErrorsTypeWhereItSaysNothing() {
    assertThat(ErrorWords.of(new UnknownHostException("db")))
        .isEqualTo("the host's name cannot be resolved");
    assertThat(ErrorWords.of(new ClosedChannelException())).isEqualTo("the connection broke");
    assertThat(ErrorWords.of(new ConnectException())).startsWith("the connection was refused");
    assertThat(ErrorWords.of(new SocketTimeoutException("Connect timed out")))
        .isEqualTo("no answer to the attempt to connect");
  }

  @Test
  void ofOursAndOfServersStayAsTheyAre() {
    var ours = new BrokerException.Unavailable("there is no stream CREEK_wal_shop");
    assertThat(ErrorWords.described(ours)).isEqualTo(ours.getMessage());
    var servers = new DatabaseException("orders: permission denied", "42501", null, null, null);
    assertThat(ErrorWords.described(servers)).isEqualTo(servers.getMessage());
  }
}
