package dev.creek.consumer.stream.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.TableState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ReportedReasonsTest {
  private final ReportedReasons described = new ReportedReasons();

  private boolean isNews(String reason) {
    return described.isNews(new TableState(TableState.Name.WAITING, reason, null));
  }

  @Test
  void theWaysInWhichAConnectionFailsAreOneOutage() {
    assertThat(isNews("broker: the connection was lost")).isTrue();
    assertThat(isNews("broker: not connected to NATS at nats://one")).isFalse();
    assertThat(isNews("broker: NATS did not answer within 5 s: $JS.API.STREAM.INFO.s")).isFalse();
    assertThat(isNews("target database: orders: the connection broke")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "target database: terminating connection due to administrator command (SQLSTATE 57P01)",
        "target database: claim of orders: the database system is starting up (SQLSTATE 57P03)",
        "target database: orders: the database system is shutting down (SQLSTATE 57P03)",
        "target database: the database system is in recovery mode (SQLSTATE 57P03)",
        "target database: server login has been failing (SQLSTATE 08P01)"
      })
  void whatAServerSaysThatStopsOrStartsIsOfTheSameOutage(String said) {
    assertThat(isNews("target database: orders: the connection broke")).isTrue();
    assertThat(isNews(said)).isFalse();
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
    described.clear();
    assertThat(isNews("broker: the connection was lost")).isTrue();
  }
}
