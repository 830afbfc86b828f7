package dev.creek.consumer.postgres;

import dev.creek.consumer.testing.Patience;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Waits for publishers, so that no test hangs for ever. */
public final class Waiting {
  public static final Duration LIMIT = Patience.LIMIT;

  private Waiting() {}

  /** Its value, or null where it is empty. */
  public static <T> @Nullable T await(Mono<T> mono) {
    return mono.block(LIMIT);
  }

  public static <T> List<T> await(Flux<T> flux) {
    return flux.collectList().blockOptional(LIMIT).orElseThrow();
  }
}
