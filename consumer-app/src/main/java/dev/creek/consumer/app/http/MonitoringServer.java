package dev.creek.consumer.app.http;

import dev.creek.consumer.app.config.Configuration.Monitoring;
import dev.creek.consumer.app.config.Configuration.ServerTls;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.SocketAddress;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/** Shows the service over HTTP, to programs and users; nothing can be changed through it. */
public final class MonitoringServer {
  private static final Logger log = LoggerFactory.getLogger(MonitoringServer.class);

  /**
   * Its classes compete with those that the first row needs, so the row goes first, if it comes
   * soon.
   */
  private static final Duration HEAD_START = Duration.ofSeconds(3);

  /** One thread: a page of metrics every few seconds. */
  private static final int THREADS = 1;

  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final int MAX_CONNECTIONS = 100;
  private static final Duration REQUEST_LIMIT = Duration.ofSeconds(10);
  private static final Duration WRITE_LIMIT = Duration.ofSeconds(10);
  private static final int LONGEST_LINE = 2048;
  private static final int LONGEST_HEADERS = 16_384;

  /** Each answer closes its connection, so that no unused one stays open. */
  private static final int REQUESTS_OF_A_CONNECTION = 1;

  private final Monitoring options;
  private final Meters meters;
  private final Endpoints endpoints;
  private final HttpServer http;

  private MonitoringServer(
      Monitoring options, Meters meters, Endpoints endpoints, HttpServer http) {
    this.options = options;
    this.meters = meters;
    this.endpoints = endpoints;
    this.http = http;
  }

  /**
   * Serves beside {@code work} while that runs. The port, certificate and key are taken first: if
   * that fails the work is not begun.
   *
   * @return completes or errors as the work does; errors if a port that the user named cannot be
   *     listened on. If only the default port is in use, the work goes on without a server
   */
  public static Mono<Void> beside(
      Mono<Void> work, Monitoring options, Meters meters, Observed service, Build build) {
    Integer port = options.port();
    if (port == null) {
      return work;
    }
    return Mono.defer(() -> begin(work, port, options, meters, service, build))
        .subscribeOn(Schedulers.boundedElastic());
  }

  private static Mono<Void> begin(
      Mono<Void> work, int port, Monitoring options, Meters meters, Observed service, Build build) {
    HttpServer http;
    ReservedPort reserved;
    try {
      http = withTls(options.tls());
      reserved = ReservedPort.take(options.address(), port);
    } catch (SSLException | IllegalArgumentException e) {
      return Mono.error(ReservedPort.cannotListen(options.address(), port, e));
    } catch (IllegalStateException e) {
      return options.wanted() ? Mono.error(e) : Mono.firstWithSignal(work, goWithout(port, e));
    }
    var server =
        new MonitoringServer(options, meters, new Endpoints(options, meters, service, build), http);
    return Mono.firstWithSignal(work, server.run(reserved)).doFinally(end -> reserved.close());
  }

  private Mono<Void> run(ReservedPort reserved) {
    return Mono.firstWithSignal(Mono.delay(HEAD_START).then(), meters.firstApplied())
        .publishOn(Schedulers.boundedElastic())
        .then(
            Mono.usingWhen(
                Mono.fromSupplier(() -> LoopResources.create("creek-http", THREADS, true)),
                threads -> serve(reserved, threads),
                threads -> threads.disposeLater(Duration.ZERO, PATIENCE)));
  }

  private Mono<Void> serve(ReservedPort reserved, LoopResources threads) {
    int port = reserved.port();
    return Mono.usingWhen(
            Mono.fromRunnable(reserved::close).then(bind(port, threads)),
            server -> {
              String scheme = options.tls() == null ? "http" : "https";
              log.info("Metrics are at {}://{}/metrics", scheme, readable(server.address()));
              return Flux.interval(Rates.STEP)
                  .onBackpressureDrop()
                  .doOnNext(n -> meters.sample(System.nanoTime()))
                  .then();
            },
            server -> Mono.fromRunnable(server::dispose).then(server.onDispose()))
        .onErrorResume(error -> !options.wanted(), error -> goWithout(port, error));
  }

  private Mono<? extends DisposableServer> bind(int port, LoopResources threads) {
    var guard = new ConnectionGuard(MAX_CONNECTIONS, REQUEST_LIMIT, WRITE_LIMIT);
    return http.host(options.address())
        .port(port)
        .runOn(threads)
        .maxKeepAliveRequests(REQUESTS_OF_A_CONNECTION)
        .httpRequestDecoder(
            limits -> limits.maxInitialLineLength(LONGEST_LINE).maxHeaderSize(LONGEST_HEADERS))
        .doOnChannelInit((observer, channel, remote) -> guard.admit(channel))
        .route(endpoints::addTo)
        .bind()
        .onErrorMap(error -> ReservedPort.cannotListen(options.address(), port, error));
  }

  private static HttpServer withTls(@Nullable ServerTls tls) throws SSLException {
    if (tls == null) {
      return HttpServer.create();
    }
    SslContext context =
        SslContextBuilder.forServer(tls.certificate().toFile(), tls.key().toFile()).build();
    return HttpServer.create().secure(ssl -> ssl.sslContext(context));
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
