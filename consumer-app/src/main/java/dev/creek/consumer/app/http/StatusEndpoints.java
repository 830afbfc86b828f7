package dev.creek.consumer.app.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** The page, the status as JSON, and the stream of events that keeps the page up to date. */
final class StatusEndpoints {
  private static final String JSON = "application/json; charset=utf-8";
  private static final int UNAVAILABLE = 503;

  /** Each is a connection and a piece of JSON a second. */
  private static final int MAX_STREAMS = 16;

  /** Lets the other side distinguish silence from an end. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(3);

  private final StatusSource source;
  private final StatusPage page = StatusPage.load();
  private final AtomicInteger streams = new AtomicInteger();

  StatusEndpoints(StatusSource source) {
    this.source = source;
  }

  /** Number of open streams. */
  int streams() {
    return streams.get();
  }

  Publisher<Void> page(HttpServerRequest request, HttpServerResponse response) {
    return response
        .header("Content-Type", "text/html; charset=utf-8")
        .header("Content-Security-Policy", page.policy())
        .header("Cross-Origin-Opener-Policy", "same-origin")
        .sendString(Mono.just(page.html()));
  }

  Publisher<Void> status(HttpServerRequest request, HttpServerResponse response) {
    return response
        .header("Content-Type", JSON)
        .sendString(source.now().map(view -> view.full() + "\n"));
  }

  Publisher<Void> events(HttpServerRequest request, HttpServerResponse response) {
    if (streams.incrementAndGet() > MAX_STREAMS) {
      streams.decrementAndGet();
      return response.status(UNAVAILABLE).header("Retry-After", "10").send();
    }
    return response
        .sse()
        .sendString(Flux.merge(changes(), heartbeats()))
        .then()
        .doFinally(end -> streams.decrementAndGet());
  }

  /** Everything, then what changes; a slow client gets several changes as one. */
  private Flux<String> changes() {
    return Flux.defer(
        () -> {
          var sent = new AtomicReference<@Nullable StatusView>();
          return source
              .views()
              .onBackpressureLatest()
              .<String>handle((view, sink) -> change(sent.getAndSet(view), view, sink));
        });
  }

  private static void change(
      @Nullable StatusView before, StatusView now, SynchronousSink<String> sink) {
    String json = before == null ? now.full() : now.since(before);
    if (json != null) {
      sink.next("data: " + json + "\n\n");
    }
  }

  private static Flux<String> heartbeats() {
    return Flux.interval(HEARTBEAT).onBackpressureDrop().map(beat -> ": still here\n\n");
  }
}
