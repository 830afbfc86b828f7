package dev.creek.consumer.app;

import dev.creek.consumer.app.config.Configuration.Monitoring;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The address at which other machines find the status page. */
final class PageAddress {
  private static final Set<String> EVERYWHERE = Set.of("0.0.0.0", "::", "[::]");

  private PageAddress() {}

  /** Null if other machines cannot reach it, or if it is not known in advance. */
  static @Nullable String of(Monitoring options, String host) {
    Integer port = options.port();
    String address = options.address();
    boolean local = address.startsWith("127.") || address.equals("localhost");
    if (!options.page() || port == null || port == 0 || local || address.endsWith("::1")) {
      return null;
    }
    String scheme = options.tls() == null ? "http" : "https";
    String name = EVERYWHERE.contains(address) ? host : address;
    return scheme + "://" + name + ":" + port + "/";
  }
}
