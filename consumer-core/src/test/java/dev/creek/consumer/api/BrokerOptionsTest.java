package dev.creek.consumer.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.creek.consumer.api.BrokerOptions.Credentials;
import dev.creek.consumer.api.BrokerOptions.TlsFiles;
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
    for (Credentials credentials :
        new Credentials[] {
          new Credentials.User("me", "geheim1"),
          new Credentials.Token("geheim2"),
          new Credentials.NkeyFile(Path.of("/etc/key"))
        }) {
      var options =
          BrokerOptions.builder("nats://u:geheim3@a:1,nats://geheim4@b,nats://c")
              .credentials(credentials)
              .tls(new TlsFiles(null, Path.of("/etc/trust"), "geheim5", null, null))
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
        .isThrownBy(() -> new TlsFiles(null, null, null, Path.of("a"), null));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TlsFiles(Path.of("a"), Path.of("b"), null, null, null));
  }
}
