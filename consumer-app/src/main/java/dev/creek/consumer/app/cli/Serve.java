package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.http.Build;
import dev.creek.consumer.app.http.Meters;
import dev.creek.consumer.app.http.MinuteSummary;
import dev.creek.consumer.app.http.MonitoringServer;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

@Command(
    name = "serve",
    header = "Run the service: apply changes of all active tables.",
    description = {
      "Applies the changes of all active subscriptions. On SIGTERM or SIGINT it finishes and "
          + "commits what is in flight, and exits with 0 within 10 seconds. A second signal ends it "
          + "at once.",
      "Waits for servers that cannot be reached, at the start and later."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer serve",
      "  creek-consumer serve --nats-uri nats://one:4222,nats://two:4222",
      "  creek-consumer --log-level debug serve --prometheus-port off"
    })
final class Serve implements ServerVerb {
  private static final Logger log = LoggerFactory.getLogger(Serve.class);

  /** Half of the 20 s and less that service managers allow; the rest is for closing connections. */
  private static final Duration GRACE = Duration.ofSeconds(8);

  private static final Duration DEADLINE = Duration.ofMillis(9500);

  @Override
  public boolean needsBroker() {
    return true;
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    Sinks.Empty<Void> stop = Sinks.empty();
    around
        .signals()
        .listen(
            name -> {
              log.info("{}: finishing what is in flight", name);
              stop.tryEmitEmpty();
            });
    log.info("Applying changes to {}", configuration.target());
    var meters = new Meters(around.logCounts());
    var build = Build.of(Version.number());
    Mono<Void> service =
        Mono.usingWhen(
            Mono.fromSupplier(() -> around.consumers().create(configuration, meters)),
            consumer ->
                MonitoringServer.beside(
                    Mono.firstWithSignal(serve(consumer, stop), MinuteSummary.run(meters)),
                    configuration.monitoring(),
                    meters,
                    new ObservedConsumer(
                        consumer, configuration.target().toString(), configuration.grouping()),
                    build),
            Consumer::close);
    return end(Mono.firstWithSignal(service, deadline(stop)));
  }

  private static Mono<Void> serve(Consumer consumer, Sinks.Empty<Void> stop) {
    // A run that ends by itself stops too: both always end together.
    Mono<Void> running = consumer.run().doFinally(signal -> stop.tryEmitEmpty());
    Mono<Void> stopping = stop.asMono().then(Mono.defer(() -> consumer.stop(GRACE)));
    return Flux.merge(running, stopping).then();
  }

  /** Errors if a stop takes too long; never completes. */
  private static Mono<Void> deadline(Sinks.Empty<Void> stop) {
    return stop.asMono()
        .then(Mono.delay(DEADLINE))
        .then(Mono.error(() -> new TimeoutException("stopping took longer than " + DEADLINE)));
  }

  private static int end(Mono<Void> service) {
    try {
      service.block();
      log.info("Stopped");
      return ExitCode.OK;
    } catch (RuntimeException e) {
      log.error("Stopped: {}", Reason.of(e));
      return ExitCode.FAILED;
    }
  }
}
