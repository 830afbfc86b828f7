package dev.creek.consumer.app;

import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.control.Command;
import dev.creek.consumer.control.CommandOutcome;
import dev.creek.consumer.control.CommandRecord;
import dev.creek.consumer.stream.Instance;
import java.time.Duration;
import reactor.core.publisher.Mono;

/**
 * Has a running service carry out what a verb asks for: in its turn behind what others asked, and
 * recorded in the command log.
 */
final class RunningService {
  /** Longer than a service waits for servers that are away. */
  private static final Duration PATIENCE = Duration.ofMinutes(15);

  private final CreekConsumer facade;

  RunningService(CreekConsumer facade) {
    this.facade = facade;
  }

  /**
   * Gives it a command and waits for the end.
   *
   * @return what was done; empty, and nothing given, where no service runs; errors with what the
   *     service says
   */
  Mono<String> carryOut(Command command) {
    return facade
        .instances()
        .any(Instance::serving)
        .filter(runs -> runs)
        .flatMap(runs -> facade.submit(command))
        .flatMap(id -> facade.await(id, PATIENCE))
        .flatMap(RunningService::detail);
  }

  private static Mono<String> detail(CommandRecord ended) {
    String detail = ended.detail();
    if (ended.outcome() == CommandOutcome.OK) {
      return Mono.just(detail == null ? "" : detail);
    }
    return Mono.error(
        new IllegalStateException(
            ended.outcome() == CommandOutcome.FAILED
                ? ended.status()
                : "command %d is still %s%s; it stays with the service, and status shows it"
                    .formatted(
                        ended.id(), ended.status(), detail == null ? "" : " (" + detail + ")")));
  }
}
