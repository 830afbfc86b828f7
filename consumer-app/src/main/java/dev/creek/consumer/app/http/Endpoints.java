package dev.creek.consumer.app.http;

import dev.creek.consumer.app.config.BearerToken;
import dev.creek.consumer.app.config.Configuration.Monitoring;
import dev.creek.consumer.app.text.JsonText;
import io.netty.handler.codec.http.HttpMethod;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerRoutes;

/** What answers at which path, and to whom. */
final class Endpoints {
  private static final String JSON = "application/json; charset=utf-8";
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);
  private static final int OK = 200;
  private static final int UNAUTHORIZED = 401;
  private static final int MISDIRECTED = 421;
  private static final int UNAVAILABLE = 503;

  private final Probes probes;
  private final Exposition exposition;
  private final Observed service;
  private final @Nullable BearerToken token;
  private final boolean localOnly;
  private final @Nullable StatusEndpoints status;

  private interface Handler
      extends BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> {}

  Endpoints(Monitoring options, Meters meters, Observed service, Build build) {
    this.probes = new Probes(meters, service);
    this.exposition = new Exposition(meters, build);
    this.service = service;
    this.token = options.token();
    this.localOnly = token == null && LocalNames.isLocal(options.address());
    this.status =
        options.page()
            ? new StatusEndpoints(new StatusSource(meters, service, build, probes))
            : null;
  }

  void addTo(HttpServerRoutes routes) {
    add(routes, "/livez", inTime((request, response) -> answer(response, probes.live())));
    add(routes, "/readyz", inTime(this::ready));
    add(routes, "/metrics", inTime(forThoseWithToken(this::metrics)));
    if (status != null) {
      // Without a token shown it is empty, and asks for one.
      add(routes, "/", forThoseWhoMeanUs(status::page));
      add(routes, "/api/status", inTime(forThoseWhoMeanUs(forThoseWithToken(status::status))));
      add(routes, "/api/events", forThoseWhoMeanUs(forThoseWithToken(status::events)));
    }
  }

  private static void add(HttpServerRoutes routes, String path, Handler handler) {
    routes.route(
        at(path),
        (request, response) -> {
          ConnectionGuard.requested(request);
          response.header("Cache-Control", "no-store").header("X-Content-Type-Options", "nosniff");
          return handler.apply(request, response);
        });
  }

  private static Predicate<HttpServerRequest> at(String path) {
    String rest = path.substring(1);
    return request ->
        request.path().equals(rest)
            && (request.method().equals(HttpMethod.GET)
                || request.method().equals(HttpMethod.HEAD));
  }

  /** An answer that does not come ends its connection: nobody waits for ever. */
  private static Handler inTime(Handler handler) {
    return (request, response) -> Mono.from(handler.apply(request, response)).timeout(ANSWER_LIMIT);
  }

  private Handler forThoseWithToken(Handler handler) {
    return (request, response) ->
        isAdmitted(request)
            ? handler.apply(request, response)
            : response
                .status(UNAUTHORIZED)
                .header("WWW-Authenticate", "Bearer realm=\"creek-consumer\"")
                .send();
  }

  /**
   * A page elsewhere can make its own name point here and so read what a browser on this machine
   * may: it cannot make the browser say another name.
   */
  private Handler forThoseWhoMeanUs(Handler handler) {
    return (request, response) ->
        localOnly && !LocalNames.isLocal(request.requestHeaders().get("Host"))
            ? response.status(MISDIRECTED).send()
            : handler.apply(request, response);
  }

  private boolean isAdmitted(HttpServerRequest request) {
    String shown = request.requestHeaders().get("Authorization");
    return token == null || (shown != null && token.admits(shown));
  }

  /** Whether it is ready is for everybody, why not only for those who may see tables' names. */
  private Publisher<Void> ready(HttpServerRequest request, HttpServerResponse response) {
    boolean admitted = isAdmitted(request);
    return answer(
        response,
        probes
            .ready()
            .map(
                answer ->
                    admitted
                        ? answer
                        : new Probes.Answer(
                            answer.ok(),
                            JsonText.COMPACT.object(
                                json -> json.writeBooleanField("ready", answer.ok())))));
  }

  private static Mono<Void> answer(HttpServerResponse response, Mono<Probes.Answer> answer) {
    return answer.flatMap(
        given ->
            response
                .status(given.ok() ? OK : UNAVAILABLE)
                .header("Content-Type", JSON)
                .sendString(Mono.just(given.json() + "\n"))
                .then());
  }

  private Publisher<Void> metrics(HttpServerRequest request, HttpServerResponse response) {
    String type = Exposition.type(request.requestHeaders().get("Accept"));
    Mono<String> text =
        probes
            .servers()
            .publishOn(Schedulers.boundedElastic())
            .map(servers -> exposition.scrape(type, servers, service.poolUse()));
    return response.header("Content-Type", type).sendString(text);
  }
}
