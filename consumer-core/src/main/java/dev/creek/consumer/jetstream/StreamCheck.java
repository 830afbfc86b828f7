package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.wire.Subjects;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Judges the configuration and the content of one stream. */
final class StreamCheck {
  /** An outage of the consumer may go unnoticed over a weekend. */
  private static final Duration SHORT_AGE = Duration.ofDays(3);

  private static final Duration LEAST_WINDOW = Duration.ofMillis(100);

  private final Subjects subjects;
  private final String name;
  private final Contents contents;
  private final StreamFacts facts;
  private final Instant now;
  private final String about;

  /** The messages of a stream. */
  enum Contents {
    /** Changes, or rows of snapshots: each message counts. */
    ROWS,
    /** Schemas: one that comes twice is the same schema, so repeated ids do no harm. */
    SCHEMAS
  }

  /**
   * @param now our clock when the broker answered
   */
  StreamCheck(Subjects subjects, String name, Contents contents, StreamFacts facts, Instant now) {
    this.subjects = subjects;
    this.name = name;
    this.contents = contents;
    this.facts = facts;
    this.now = now;
    this.about = "stream " + name;
  }

  List<Finding> findings() {
    return Stream.of(
            Finding.ok(about, summary()),
            retention(),
            limitPerSubject(),
            deleted(),
            full(),
            memory(),
            age(),
            duplicates(),
            clock())
        .filter(Objects::nonNull)
        .toList();
  }

  private String summary() {
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

  private @Nullable Finding retention() {
    return facts.retention().equals("limits")
        ? null
        : Finding.problem(
            about,
            "retention is "
                + facts.retention()
                + ": messages are removed before every reader has them",
            limitedRetention());
  }

  /**
   * The command that limits a stream. A server does not allow to alter a work queue, and only from
   * 2.10 on to alter another retention.
   */
  private String limitedRetention() {
    return facts.retention().equals("interest")
        ? "nats stream edit "
            + name
            + " --retention=limits (nats-server 2.10 or newer, and a nats that knows the option); with "
            + "older ones, create it again: "
            + anew()
        : "nats-server cannot change that for a work queue, so create the stream again: " + anew();
  }

  /**
   * The same stream without its messages, in files and with limits only. The readers' places in it
   * are lost.
   */
  private String anew() {
    return "nats stream rm %1$s -f; nats stream add %1$s --subjects='%2$s' --retention=limits --storage=file --replicas=%3$d --defaults; then, for each table of it: creek-consumer resync"
        .formatted(name, String.join(",", facts.subjects()), facts.replicas());
  }

  private @Nullable Finding limitPerSubject() {
    return facts.maxPerSubject() <= 0
        ? null
        : Finding.problem(
            about,
            "keeps only "
                + facts.maxPerSubject()
                + " messages of each table: changes are removed from its middle, and a table that lags gets "
                + "a gap",
            "nats stream edit " + name + " --max-msgs-per-subject=-1");
  }

  private @Nullable Finding deleted() {
    return facts.deleted() <= 0 || contents == Contents.SCHEMAS
        ? null
        : Finding.warning(
            about,
            "%s deleted from its middle: a table that had not read as far is in a gap, because it is not known to which table they belonged"
                .formatted(
                    facts.deleted() == 1 ? "1 message was" : facts.deleted() + " messages were"),
            "purge whole streams, or up to a sequence, rather than a subject");
  }

  private @Nullable Finding full() {
    return !facts.refusesWhenFull()
        ? null
        : Finding.warning(
            about,
            "refuses new messages when it is full: changes that the producer cannot publish do not "
                + "arrive here",
            "nats stream edit " + name + " --discard=old, and watch the disk");
  }

  private @Nullable Finding memory() {
    return !facts.storage().equals("memory")
        ? null
        : Finding.warning(
            about,
            "is kept in memory: a restart of the broker loses changes that were not applied yet",
            anew());
  }

  private @Nullable Finding age() {
    return facts.maxAge().isZero() || facts.maxAge().compareTo(SHORT_AGE) >= 0
        ? null
        : Finding.warning(
            about,
            "keeps messages for "
                + shown(facts.maxAge())
                + ": a longer outage of the consumer causes a gap",
            "nats stream edit " + name + " --max-age=7d");
  }

  /** The new producer's ids repeat: rows of one transaction share an LSN, and so an id. */
  private @Nullable Finding duplicates() {
    return contents == Contents.SCHEMAS
            || subjects.generation() != Generation.NEW
            || facts.duplicateWindow().compareTo(LEAST_WINDOW) <= 0
        ? null
        : Finding.warning(
            about,
            "drops messages whose id came within the last "
                + shown(facts.duplicateWindow())
                + ", and this producer's ids are not unique: rows of larger transactions can be lost before "
                + "they arrive here",
            "jetstream { limits { duplicate_window: \"100ms\" } } in nats-server's configuration,"
                + " or after each start of the producer: nats stream edit "
                + name
                + " --dupe-window=100ms (the minimum; then compare with creek-consumer verify)");
  }

  private @Nullable Finding clock() {
    Instant server = facts.serverTime();
    Duration ahead = server == null ? Duration.ZERO : Duration.between(now, server);
    return ahead.abs().compareTo(BrokerCheck.CLOCKS_AGREE) <= 0
        ? null
        : Finding.warning(
            about,
            "the broker's clock is %.1f s %s ours: the lag shown is wrong by that"
                .formatted(
                    ahead.abs().toMillis() / 1e3, ahead.isNegative() ? "behind" : "ahead of"),
            "synchronise both with NTP");
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
