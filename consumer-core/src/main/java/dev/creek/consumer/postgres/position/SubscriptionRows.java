package dev.creek.consumer.postgres.position;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TableState.StoppedAt;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.stream.SkippedChanges;
import dev.creek.consumer.wire.Lsn;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Converts rows of {@code subscriptions} to the types of the stream package. */
public final class SubscriptionRows {
  private static final Logger log = LoggerFactory.getLogger(SubscriptionRows.class);

  /** The Go consumer's value for "never": its zero time, 0001-01-01. */
  static final Instant NEVER = Instant.parse("0001-01-01T00:00:00Z");

  private static final Instant FIRST_TIME = NEVER.plusSeconds(366L * 86_400);

  public static final String POSITION =
      "stream_name, stream_created, stream_seq, lsn::text as lsn, \"timestamp\" as committed_at";

  /** The columns that {@link #failure} reads besides those of the position. */
  public static final String FAILURE = "state, reason, hint, failed_seq, failed_stream";

  /** The columns of a control schema from before there were named groups. */
  private static final String UNGROUPED =
      "topic, target, coalesce(active, false) as active, state, reason, hint, rows_applied, epoch, "
          + POSITION;

  private static final String NO_GROUP =
      ", null::text as group_name, null::bool as member, null::text as schema_changes";

  private static final String NO_MARKS = ", null::text[] as causes";

  /** The marks of a row, as arrays side by side: columns of {@link #MARKS}. */
  private static final String MARK_COLUMNS = ", causes, details, reasons, marked_at";

  /** After a row named {@code s}; the table of marks is to be filled in. */
  private static final String MARKS =
      """
       left join lateral (
          select array_agg(i.cause order by i.since, i.cause, i.detail) as causes,
                 array_agg(i.detail order by i.since, i.cause, i.detail) as details,
                 array_agg(i.reason order by i.since, i.cause, i.detail) as reasons,
                 array_agg((extract(epoch from i.since) * 1000)::int8
                           order by i.since, i.cause, i.detail) as marked_at
          from %s i where i.target = s.target) as marks on true""";

  /** The same for a control schema from before there were marks. */
  public static final String UNMARKED_COLUMNS = UNGROUPED + NO_GROUP + NO_MARKS;

  /** The same for a table that only the Go consumer has used. */
  public static final String GO_COLUMNS =
      """
      topic, target, coalesce(active, false) as active, null::text as state, null::text as reason,
      null::text as hint, 0::int8 as rows_applied, 0::int8 as epoch, null::text as stream_name,
      null::text as stream_created, null::int8 as stream_seq, lsn::text as lsn,
      "timestamp" as committed_at"""
          + NO_GROUP
          + NO_MARKS;

  private SubscriptionRows() {}

  /**
   * Reads rows with their marks.
   *
   * @param more further columns
   * @param rows the relation
   * @param incompleteness the table of marks
   */
  public static String select(String more, String rows, String incompleteness) {
    return marked(", group_name, member, schema_changes" + more, rows, incompleteness);
  }

  /** The same without named groups, for a control schema from before there were any. */
  public static String selectUngrouped(String rows, String incompleteness) {
    return marked(NO_GROUP, rows, incompleteness);
  }

  private static String marked(String more, String rows, String incompleteness) {
    return "select "
        + UNGROUPED
        + MARK_COLUMNS
        + more
        + " from "
        + rows
        + " as s "
        + MARKS.formatted(incompleteness);
  }

  /** The rows with the states of the view {@code status}, as SQL. */
  public static String present(String subscriptions, String status) {
    return """
        (select p.topic, p.target, p.active, v.state, v.reason, v.hint, p.rows_applied, p.epoch,
                p.stream_name, p.stream_created, p.stream_seq, p.lsn, p."timestamp", p.group_name,
                case when v.state = 'streaming' then p.member end as member,
                p.schema_changes
         from %s p join %s v on v.target = p.target)"""
        .formatted(subscriptions, status);
  }

  /** Empty if names cannot be read: a row that cannot be applied must not stop the others. */
  public static Optional<Subscription> subscription(Readable row) {
    String topic = String.valueOf(row.get("topic", String.class));
    String target = String.valueOf(row.get("target", String.class));
    Mapping mapping;
    try {
      mapping = new Mapping(SourceTable.parse(topic), TargetTable.parse(target));
    } catch (IllegalArgumentException e) {
      log.warn("subscription {} of {} is skipped: {}", target, topic, e.getMessage());
      return Optional.empty();
    }
    boolean active = Boolean.TRUE.equals(row.get("active", Boolean.class));
    Long applied = row.get("rows_applied", Long.class);
    return Optional.of(
        new Subscription(
            mapping,
            active,
            state(row, active),
            position(row),
            applied == null ? 0 : applied,
            Objects.requireNonNull(row.get("epoch", Long.class)),
            marks(row),
            row.get("group_name", String.class),
            Membership.of(row.get("member", Boolean.class)),
            schemaChanges(row)));
  }

  /** The table's own policy; null if it has none, or one of a newer version. */
  public static @Nullable SchemaPolicy schemaChanges(Readable row) {
    String stored = row.get("schema_changes", String.class);
    return stored == null ? null : SchemaPolicy.of(stored).orElse(null);
  }

  private static List<Incompleteness> marks(Readable row) {
    String[] causes = row.get("causes", String[].class);
    if (causes == null) {
      return List.of();
    }
    String[] details = Objects.requireNonNull(row.get("details", String[].class));
    String[] reasons = Objects.requireNonNull(row.get("reasons", String[].class));
    Long[] since = Objects.requireNonNull(row.get("marked_at", Long[].class));
    return IntStream.range(0, causes.length)
        .mapToObj(
            i ->
                Incompleteness.Cause.of(causes[i])
                    .map(
                        cause ->
                            new Incompleteness(
                                cause, details[i], reasons[i], Instant.ofEpochMilli(since[i]))))
        .flatMap(Optional::stream)
        .toList();
  }

  private static TableState state(Readable row, boolean active) {
    String stored = row.get("state", String.class);
    TableState.Name name =
        !active
            ? TableState.Name.INACTIVE
            : Stream.of(TableState.Name.values())
                .filter(n -> n.stored().equals(stored) && n != TableState.Name.INACTIVE)
                .findFirst()
                .orElse(TableState.Name.WAITING);
    return new TableState(name, row.get("reason", String.class), row.get("hint", String.class));
  }

  public static Position position(Readable row) {
    String lsn = row.get("lsn", String.class);
    Long sequence = row.get("stream_seq", Long.class);
    return new Position(
        stream(row), sequence == null ? 0 : sequence, lsn == null ? 0 : Lsn.parse(lsn), time(row));
  }

  private static @Nullable StreamIdentity stream(Readable row) {
    String name = row.get("stream_name", String.class);
    String created = row.get("stream_created", String.class);
    return name == null || created == null
        ? null
        : new StreamIdentity(name, Instant.parse(created));
  }

  /** The stored failure of the table; null if it has not failed. */
  public static @Nullable TableState failure(Readable row) {
    TableState state = state(row, true);
    if (state.name() != TableState.Name.FAILED) {
      return null;
    }
    Long sequence = row.get("failed_seq", Long.class);
    String created = row.get("failed_stream", String.class);
    String stream = row.get("stream_name", String.class);
    return sequence == null || created == null || stream == null
        ? state
        : new TableState(
            state.name(),
            state.reason(),
            state.hint(),
            new StoppedAt(new StreamIdentity(stream, Instant.parse(created)), sequence));
  }

  /** The columns {@code skip_seqs} and {@code skip_stream}. */
  public static SkippedChanges skips(Readable row) {
    Long[] sequences = row.get("skip_seqs", Long[].class);
    String created = row.get("skip_stream", String.class);
    return sequences == null || created == null
        ? SkippedChanges.NONE
        : new SkippedChanges(Set.of(sequences), Instant.parse(created));
  }

  private static @Nullable Instant time(Readable row) {
    Instant time = row.get("committed_at", Instant.class);
    return time == null || time.isBefore(FIRST_TIME) ? null : time;
  }
}
