package dev.creek.consumer.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class BrokerOptionsTest {

  @Test
  void takesSeveralServers() {
    assertThat(BrokerOptions.builder(" nats://a:1, b:2,,tls://c ").build().servers())
        .containsExactly("nats://a:1", "nats://b:2", "tls://c");
  }

  @Test
  void isPrintedWithoutSecrets() {
    for (BrokerCredentials credentials :
        new BrokerCredentials[] {
          new BrokerCredentials.User("me", "geheim1"),
          new BrokerCredentials.Token("geheim2"),
          new BrokerCredentials.NkeyFile(Path.of("/etc/key"))
        }) {
      var options =
          BrokerOptions.builder("nats://u:geheim3@a:1,nats://geheim4@b,nats://c")
              .credentials(credentials)
              .tls(new BrokerTls(null, Path.of("/etc/trust"), "geheim5", null, null))
              .build();
      assertThat(options.toString())
          .contains("nats://a:1,nats://b,nats://c", "/etc/trust")
          .doesNotContain("geheim");
    }
  }

  @Test
  void refusesWhatCannotWork() {
    assertThatIllegalArgumentException().isThrownBy(() -> BrokerOptions.builder(" , "));
    var builder = BrokerOptions.builder("nats://a");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.namespace("a.b"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.maxMessages(0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.delivery(1, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.pull(Duration.ofSeconds(2), Duration.ofSeconds(4)));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.frontierInterval(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BrokerTls(null, null, null, Path.of("a"), null));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BrokerTls(Path.of("a"), Path.of("b"), null, null, null));
  }
}
