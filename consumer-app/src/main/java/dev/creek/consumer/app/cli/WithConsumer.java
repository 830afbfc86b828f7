package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.app.config.Configuration;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** Uses a consumer for one command and closes it. */
final class WithConsumer {
  private WithConsumer() {}

  static int run(
      Configuration configuration, CliContext around, Function<Consumer, Mono<Integer>> use) {
    Integer code =
        Mono.usingWhen(
                Mono.fromSupplier(
                    () -> around.consumers().create(configuration, MetricsRecorder.NONE)),
                use,
                Consumer::close)
            .block();
    return code == null ? ExitCode.FAILED : code;
  }
}
