package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.app.config.Configuration.Monitoring;
import dev.creek.consumer.app.config.Configuration.ServerTls;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class PageAddressTest {
  private static final ServerTls TLS = new ServerTls(Path.of("c"), Path.of("k"));

  @Test
  void isWhereOthersReachIt() {
    assertThat(PageAddress.of(on("0.0.0.0", 8080, null), "node-1"))
        .isEqualTo("http://node-1:8080/");
    assertThat(PageAddress.of(on("10.0.0.7", 9000, TLS), "node-1"))
        .isEqualTo("https://10.0.0.7:9000/");
  }

  @Test
  void isNothingWhereTheyDoNot() {
    assertThat(PageAddress.of(on("127.0.0.1", 8080, null), "node-1")).isNull();
    assertThat(PageAddress.of(on("::1", 8080, null), "node-1")).isNull();
    assertThat(PageAddress.of(on("0.0.0.0", 0, null), "node-1")).isNull();
    assertThat(PageAddress.of(on("0.0.0.0", null, null), "node-1")).isNull();
    var off = new Monitoring("0.0.0.0", 8080, true, false, null, null);
    assertThat(PageAddress.of(off, "node-1")).isNull();
  }

  private static Monitoring on(String address, Integer port, ServerTls tls) {
    return new Monitoring(address, port, true, true, null, tls);
  }
}
