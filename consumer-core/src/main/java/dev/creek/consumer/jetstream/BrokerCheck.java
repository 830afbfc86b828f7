package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.wire.CommitTime;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.api.ServerInfo;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** Checks broker and streams, changes nothing, and reports what an operator should know. */
final class BrokerCheck {
  private static final String ABOUT = "broker";

  /** An outage of the consumer may go unnoticed over a weekend. */
  private static final Duration SHORT_AGE = Duration.ofDays(3);

  private static final Duration CLOCKS_AGREE = Duration.ofSeconds(1);
  private static final Duration LEAST_WINDOW = Duration.ofMillis(100);

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

  /** Repeated ids do no harm in the schema stream: a schema that comes twice is the same schema. */
  private Flux<Finding> streams(String database, Subjects subjects) {
    return Flux.concat(
        stream(
            subjects,
            subjects.walStream(database),
            false,
            "the producer has not created its stream of changes"),
        sourceClock(subjects, database),
        stream(
            subjects,
            subjects.schemaStream(database),
            true,
            "schemas cannot be looked up without the producer"),
        stream(subjects, subjects.snapshotStream(database), false, "snapshots cannot be taken"));
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
            "its newest change was committed %.1f s after the broker stored it: the source's clock is ahead of the broker's by that or more, and lag is shown wrong by that"
                .formatted(ahead.toMillis() / 1e3),
            "synchronise both with NTP");
  }

  /** No finding without permission to look: {@link PermissionCheck} reports that. */
  private Flux<Finding> stream(Subjects subjects, String name, boolean schemas, String without) {
    String about = "stream " + name;
    return api.facts(name)
        .map(facts -> findings(about, name, subjects, facts, schemas, Instant.now()))
        .defaultIfEmpty(
            List.of(
                Finding.problem(
                    about, "does not exist: " + without, "start the producer, which creates it")))
        .onErrorComplete(BrokerException.Denied.class)
        .flatMapIterable(findings -> findings);
  }

  private static List<Finding> findings(
      String about,
      String name,
      Subjects subjects,
      StreamFacts facts,
      boolean schemas,
      Instant now) {
    var findings = new ArrayList<Finding>();
    findings.add(Finding.ok(about, contents(subjects, facts, now)));
    if (!facts.retention().equals("limits")) {
      boolean interest = facts.retention().equals("interest");
      findings.add(
          Finding.problem(
              about,
              "retention is " + facts.retention() + ": messages go before every reader has them",
              limits(name, facts, interest)));
    }
    if (facts.maxPerSubject() > 0) {
      findings.add(
          Finding.problem(
              about,
              "keeps only "
                  + facts.maxPerSubject()
                  + " messages of each table: changes vanish from its middle, and whoever lags is in a gap",
              "nats stream edit " + name + " --max-msgs-per-subject=-1"));
    }
    if (facts.deleted() > 0 && !schemas) {
      findings.add(
          Finding.warning(
              about,
              "%s deleted from its middle: a table that had not read as far is in a gap, because nobody knows of which table they were"
                  .formatted(
                      facts.deleted() == 1 ? "1 message was" : facts.deleted() + " messages were"),
              "purge whole streams, or up to a sequence, rather than a subject"));
    }
    if (facts.refusesWhenFull()) {
      findings.add(
          Finding.warning(
              about,
              "refuses new messages when it is full: what the producer cannot publish, nobody sees",
              "nats stream edit " + name + " --discard=old, and watch the disk"));
    }
    if (facts.storage().equals("memory")) {
      findings.add(
          Finding.warning(
              about,
              "is kept in memory: a restart of the broker loses what was not applied yet",
              anew(name, facts)));
    }
    if (!facts.maxAge().isZero() && facts.maxAge().compareTo(SHORT_AGE) < 0) {
      findings.add(
          Finding.warning(
              about,
              "keeps messages for "
                  + shown(facts.maxAge())
                  + ": an outage of the consumer that lasts longer is a gap",
              "nats stream edit " + name + " --max-age=7d"));
    }
    if (!schemas) {
      addDuplicates(findings, about, name, subjects, facts);
    }
    addClock(findings, about, facts.serverTime(), now);
    return findings;
  }

  /**
   * The command that limits a stream. A server does not allow to alter a work queue, and only from
   * 2.10 on to alter another retention.
   */
  private static String limits(String name, StreamFacts facts, boolean interest) {
    String anew = anew(name, facts);
    return interest
        ? "nats stream edit "
            + name
            + " --retention=limits (nats-server 2.10 or newer, and a nats that knows the option);"
            + " before that, create it anew: "
            + anew
        : "nats-server alters that of no work queue, so create the stream anew: " + anew;
  }

  /**
   * The same stream without its messages, in files and with limits only. The readers' places in it
   * are lost.
   */
  private static String anew(String name, StreamFacts facts) {
    return "nats stream rm %1$s -f; nats stream add %1$s --subjects='%2$s' --retention=limits --storage=file --replicas=%3$d --defaults; then, for each table of it: creek-consumer resync"
        .formatted(name, String.join(",", facts.subjects()), facts.replicas());
  }

  private static String contents(Subjects subjects, StreamFacts facts, Instant now) {
    var limits = new ArrayList<String>();
    if (!facts.maxAge().isZero()) {
      limits.add(shown(facts.maxAge()));
    }
    if (facts.maxBytes() > 0) {
      limits.add((facts.maxBytes() >> 20) + " MiB");
    }
    if (facts.maxMessages() > 0) {
      limits.add("%,d messages".formatted(facts.maxMessages()));
    }
    Instant oldest = facts.oldest();
    return "%s generation, %,d messages%s, keeps %s, R%d"
        .formatted(
            subjects.generation().name().toLowerCase(Locale.ROOT),
            facts.messages(),
            oldest == null
                ? ""
                : ", the oldest stored " + shown(Duration.between(oldest, now)) + " ago",
            limits.isEmpty() ? "everything" : String.join(", ", limits) + " at most",
            facts.replicas());
  }

  /** The new producer's ids repeat: rows of one transaction share an LSN, and so an id. */
  private static void addDuplicates(
      List<Finding> findings, String about, String name, Subjects subjects, StreamFacts facts) {
    if (subjects.generation() == Generation.NEW
        && facts.duplicateWindow().compareTo(LEAST_WINDOW) > 0) {
      findings.add(
          Finding.warning(
              about,
              "drops messages whose id came within the last "
                  + shown(facts.duplicateWindow())
                  + ", and this producer's ids are not unique: rows of larger transactions can be"
                  + " lost before they are here",
              "jetstream { limits { duplicate_window: \"100ms\" } } in nats-server's configuration,"
                  + " or after each start of the producer: nats stream edit "
                  + name
                  + " --dupe-window=100ms (the least there is: compare with creek-consumer verify)"));
    }
  }

  private static void addClock(
      List<Finding> findings, String about, @Nullable Instant server, Instant now) {
    if (server == null) {
      return;
    }
    Duration ahead = Duration.between(now, server);
    if (ahead.abs().compareTo(CLOCKS_AGREE) > 0) {
      findings.add(
          Finding.warning(
              about,
              "the broker's clock is %.1f s %s ours: lag is shown wrong by that"
                  .formatted(
                      ahead.abs().toMillis() / 1e3, ahead.isNegative() ? "behind" : "ahead of"),
              "synchronise both with NTP"));
    }
  }

  /** Its two greatest units at most. */
  static String shown(Duration duration) {
    Duration d = duration.isNegative() ? Duration.ZERO : duration;
    if (d.toDays() > 0) {
      return units(d.toDays(), " d", d.toHoursPart(), " h");
    }
    if (d.toHours() > 0) {
      return units(d.toHours(), " h", d.toMinutesPart(), " min");
    }
    if (d.toMinutes() > 0) {
      return units(d.toMinutes(), " min", d.toSecondsPart(), " s");
    }
    return d.toSeconds() > 0 ? d.toSeconds() + " s" : d.toMillis() + " ms";
  }

  private static String units(long great, String greatUnit, int small, String smallUnit) {
    return great + greatUnit + (small == 0 ? "" : " " + small + smallUnit);
  }
}
