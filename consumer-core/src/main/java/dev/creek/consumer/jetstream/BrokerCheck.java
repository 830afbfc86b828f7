package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.jetstream.StreamCheck.Contents;
import dev.creek.consumer.wire.CommitTime;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.api.ServerInfo;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** Checks broker and streams, changes nothing, and reports what an operator should know. */
final class BrokerCheck {
  private static final String ABOUT = "broker";

  static final Duration CLOCKS_AGREE = Duration.ofSeconds(1);

  private final Link link;
  private final JetStreamApi api;
  private final Generations generations;
  private final BrokerOptions options;

  BrokerCheck(Link link, JetStreamApi api, Generations generations, BrokerOptions options) {
    this.link = link;
    this.api = api;
    this.generations = generations;
    this.options = options;
  }

  /** The connected server. */
  Flux<Finding> server() {
    return link.open()
        .publishOn(Schedulers.boundedElastic())
        .map(this::server)
        .flatMapIterable(findings -> findings);
  }

  private List<Finding> server(Link.Open open) {
    ServerInfo server = open.connection().getServerInfo();
    boolean tls = options.usesTls() || server.isTLSRequired();
    String url = String.valueOf(open.connection().getConnectedUrl());
    var findings = new ArrayList<Finding>();
    findings.add(
        Finding.ok(
            ABOUT,
            "nats-server %s at %s, %s, round trip %s, messages up to %d KiB"
                .formatted(
                    server.getVersion(),
                    BrokerOptions.withoutUser(url),
                    tls ? "TLS" : "no TLS",
                    roundTrip(open),
                    server.getMaxPayload() >> 10)));
    if (!server.isNewerVersionThan("2.8.99")) {
      findings.add(
          Finding.warning(ABOUT, "nats-server before 2.9 is not tested", "update nats-server"));
    }
    if (!tls && !isLocal(url)) {
      findings.add(
          Finding.warning(
              ABOUT, "rows and passwords cross the network unencrypted", "--nats-uri tls://…"));
    }
    return findings;
  }

  private static String roundTrip(Link.Open open) {
    try {
      return "%.1f ms".formatted(open.connection().RTT().toNanos() / 1e6);
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static boolean isLocal(String url) {
    return url.matches("(?i)([a-z]+://)?([^/]*@)?(localhost|127\\.[0-9.]+|\\[?::1]?)(:.*)?");
  }

  /** The streams of a source database. */
  Flux<Finding> streams(String database) {
    String about = "database " + database;
    return generations
        .subjects(database)
        .flatMapMany(subjects -> streams(database, subjects))
        .onErrorResume(
            BrokerException.Unavailable.class,
            e ->
                Flux.just(
                    Finding.problem(
                        about,
                        String.valueOf(e.getMessage()),
                        e instanceof BrokerException.Denied
                            ? e.hint()
                            : "check the database's name and --nats-namespace; the producer creates"
                                + " the streams when it starts")));
  }

  private Flux<Finding> streams(String database, Subjects subjects) {
    return Flux.concat(
        stream(
            subjects,
            subjects.walStream(database),
            Contents.ROWS,
            "the producer has not created its stream of changes"),
        sourceClock(subjects, database),
        stream(
            subjects,
            subjects.schemaStream(database),
            Contents.SCHEMAS,
            "schemas cannot be looked up without the producer"),
        stream(
            subjects,
            subjects.snapshotStream(database),
            Contents.ROWS,
            "snapshots cannot be taken"));
  }

  /**
   * Compares the clocks by the newest change. If it was stored before it was committed, the clocks
   * differ; if later, the producer may only have been late.
   */
  private Flux<Finding> sourceClock(Subjects subjects, String database) {
    String about = "database " + database;
    return api.lastMessage(subjects.walStream(database), subjects.walSubjects(database))
        .mapNotNull(newest -> sourceClock(about, newest))
        .onErrorComplete(ApiException.class)
        .onErrorComplete(BrokerException.Denied.class)
        .flux();
  }

  private static @Nullable Finding sourceClock(String about, JetStreamApi.StoredMessage newest) {
    Instant committedAt = CommitTime.of(newest.data());
    Duration ahead =
        committedAt == null ? Duration.ZERO : Duration.between(newest.time(), committedAt);
    return ahead.compareTo(CLOCKS_AGREE) <= 0
        ? null
        : Finding.warning(
            about,
            "its newest change was committed %.1f s after the broker stored it: the source's clock is ahead of the broker's by at least that, and the lag shown is wrong by that"
                .formatted(ahead.toMillis() / 1e3),
            "synchronise both with NTP");
  }

  /** No finding without permission to look: {@link PermissionCheck} reports that. */
  private Flux<Finding> stream(Subjects subjects, String name, Contents contents, String without) {
    return api.facts(name)
        .map(facts -> new StreamCheck(subjects, name, contents, facts, Instant.now()).findings())
        .defaultIfEmpty(
            List.of(
                Finding.problem(
                    "stream " + name,
                    "does not exist: " + without,
                    "start the producer, which creates it")))
        .onErrorComplete(BrokerException.Denied.class)
        .flatMapIterable(findings -> findings);
  }
}
