package dev.creek.consumer.stream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ToldReasonsTest {
  private final ToldReasons told = new ToldReasons();

  private boolean isNews(String reason) {
    return told.isNews(new TableState(TableState.Name.WAITING, reason, null));
  }

  @Test
  void theWaysInWhichAConnectionFailsAreOneOutage() {
    assertThat(isNews("broker: the connection was lost")).isTrue();
    assertThat(isNews("broker: not connected to NATS at nats://one")).isFalse();
    assertThat(isNews("broker: NATS did not answer within 5 s: $JS.API.STREAM.INFO.s")).isFalse();
    assertThat(isNews("target database: orders: the connection broke")).isTrue();
  }

  @Test
  void anAnswerOfTheServersIsToldOnce() {
    assertThat(isNews("target database: terminating connection")).isTrue();
    assertThat(isNews("target database: role is not permitted to log in")).isTrue();
    assertThat(isNews("target database: role is not permitted to log in")).isFalse();
    assertThat(isNews("broker: there is no stream CREEK_wal_shop")).isTrue();
  }

  @Test
  void anotherOutageIsToldAgain() {
    assertThat(isNews("broker: the connection was lost")).isTrue();
    told.clear();
    assertThat(isNews("broker: the connection was lost")).isTrue();
  }
}
