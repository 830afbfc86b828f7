package dev.creek.consumer.app.http;

import dev.creek.consumer.app.config.Configuration.Monitoring;
import java.net.SocketAddress;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRoutes;
import reactor.netty.resources.LoopResources;

/** Serves {@code /metrics} and {@code /livez}. */
public final class MonitoringServer {
  private static final Logger log = LoggerFactory.getLogger(MonitoringServer.class);
  private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  /**
   * Its classes compete with those that the first row needs, so that goes first, if it comes soon.
   */
  private static final Duration HEAD_START = Duration.ofSeconds(3);

  /** One thread: a page of metrics every few seconds. */
  private static final int THREADS = 1;

  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Monitoring options;
  private final Meters meters;

  private MonitoringServer(Monitoring options, Meters meters) {
    this.options = options;
    this.meters = meters;
  }

  /**
   * Serves until cancelled.
   *
   * @return never completes; errors where a port that the user named cannot be listened on. Where
   *     it is only the default one that is taken, the service goes without
   */
  public static Mono<Void> run(Monitoring options, Meters meters) {
    Integer port = options.port();
    return port == null ? Mono.never() : new MonitoringServer(options, meters).run(port);
  }

  private Mono<Void> run(int port) {
    return Mono.firstWithSignal(Mono.delay(HEAD_START).then(), meters.firstApplied())
        .publishOn(Schedulers.boundedElastic())
        .then(
            Mono.usingWhen(
                Mono.fromSupplier(() -> LoopResources.create("creek-http", THREADS, true)),
                threads -> serve(port, threads),
                threads -> threads.disposeLater(Duration.ZERO, PATIENCE)));
  }

  private Mono<Void> serve(int port, LoopResources threads) {
    return Mono.usingWhen(
            bind(port, threads),
            server -> {
              log.info("Metrics are at http://{}/metrics", readable(server.address()));
              return Mono.<Void>never();
            },
            server -> Mono.fromRunnable(server::dispose).then(server.onDispose()))
        .onErrorResume(error -> !options.wanted(), error -> goWithout(port, error));
  }

  private Mono<? extends DisposableServer> bind(int port, LoopResources threads) {
    return HttpServer.create()
        .host(options.address())
        .port(port)
        .runOn(threads)
        .route(this::routes)
        .bind()
        .onErrorMap(
            error ->
                new IllegalStateException(
                    "cannot listen on "
                        + options.address()
                        + ":"
                        + port
                        + ": "
                        + error.getMessage(),
                    error));
  }

  private void routes(HttpServerRoutes routes) {
    routes
        .get(
            "/metrics",
            (request, response) ->
                response
                    .header("Content-Type", METRICS_TYPE)
                    .sendString(
                        Mono.fromCallable(meters::scrape).subscribeOn(Schedulers.boundedElastic())))
        .get(
            "/livez",
            (request, response) ->
                response
                    .header("Content-Type", "text/plain; charset=utf-8")
                    .sendString(Mono.just("ok\n")));
  }

  private static Mono<Void> goWithout(int port, Throwable error) {
    log.warn("No metrics on the default port {}: {}", port, error.getMessage());
    return Mono.never();
  }

  private static String readable(SocketAddress address) {
    String text = address.toString();
    return text.startsWith("/") ? text.substring(1) : text;
  }
}
