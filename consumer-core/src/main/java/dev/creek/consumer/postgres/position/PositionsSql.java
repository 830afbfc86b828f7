package dev.creek.consumer.postgres.position;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.wire.Lsn;
import io.r2dbc.spi.Statement;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The update that moves the positions of several claimed tables. As that of {@link PositionSql} it
 * touches the row of each table whose claim holds, and is the fence.
 *
 * <p>Its parameters are an array a column, with an element a table, so that the text depends on
 * nothing else.
 */
public final class PositionsSql {
  private static final List<String> TYPES =
      List.of("text", "int8", "text", "text", "text", "text", "int8", "int8", "int8", "text");

  /** Those of {@link AppliedMark}, and whether there is one. */
  private static final List<String> EVIDENCE =
      List.of("int8", "text", "text", "int8", "int8", "text", "text", "int8", "text", "bool");

  private static final List<String> EVIDENT =
      List.of(
          "tx_id",
          "tx_at",
          "tx_lsn",
          "tx_applied",
          "tx_seen",
          "tx_newest_at",
          "tx_last_lsn",
          "tx_first",
          "tx_sent_at");

  private PositionsSql() {}

  /** A table's claim, and where its position moves. */
  public record Moved(PositionSql position, PositionAdvance advance) {
    /** Tells whether this update can store all of it: not a horizon, which is a text of its own. */
    public boolean isPlain() {
      return advance.horizon() == null && !advance.endsGap() && advance.marks().isEmpty();
    }
  }

  /** Moves them: parameters from 1 on. Each must be {@linkplain Moved#isPlain plain}. */
  public static String update(List<Moved> moved) {
    List<String> types =
        hasEvidence(moved) ? Stream.concat(TYPES.stream(), EVIDENCE.stream()).toList() : TYPES;
    String from =
        IntStream.range(0, types.size())
                .mapToObj(i -> "$" + (i + 1) + "::" + types.get(i) + "[]")
                .collect(Collectors.joining(", ", " from unnest(", ") as g ("))
            + IntStream.range(0, types.size())
                .mapToObj(i -> "g" + i)
                .collect(Collectors.joining(", "))
            + ")";
    var values =
        new PositionValues(
            "g0", "g1", "g2", "g3::timestamptz", "g4", "g5", "g6", "g7", "g8", "g9::timestamptz");
    return moved.get(0).position().update(values, hasEvidence(moved) ? evidence() : "", from);
  }

  private static String evidence() {
    String there = "g" + (TYPES.size() + EVIDENCE.size() - 1);
    return IntStream.range(0, EVIDENT.size())
        .mapToObj(
            i ->
                ", %1$s = case when %2$s then g%3$d%4$s else %1$s end"
                    .formatted(EVIDENT.get(i), there, TYPES.size() + i, cast(EVIDENT.get(i))))
        .collect(Collectors.joining());
  }

  private static String cast(String column) {
    if (column.endsWith("_lsn")) {
      return "::pg_lsn";
    }
    return column.endsWith("_at") ? "::timestamptz" : "";
  }

  private static boolean hasEvidence(List<Moved> moved) {
    return moved.stream().anyMatch(one -> one.advance().evidence() != null);
  }

  /** The number of the first parameter after those of {@link #update}. */
  public static int nextParameter(List<Moved> moved) {
    return 1 + TYPES.size() + (hasEvidence(moved) ? EVIDENCE.size() : 0);
  }

  /** Binds the parameters of {@link #update}. */
  public static void bind(Statement statement, List<Moved> moved) {
    texts(statement, 0, moved, one -> one.position().target().toString());
    numbers(statement, 1, moved, one -> one.position().epoch());
    texts(statement, 2, moved, one -> Lsn.format(to(one).lsn()));
    texts(statement, 3, moved, one -> committedAt(to(one)));
    texts(statement, 4, moved, one -> stream(to(one), StreamIdentity::name));
    texts(statement, 5, moved, one -> stream(to(one), it -> it.created().toString()));
    numbers(statement, 6, moved, one -> to(one).sequence());
    numbers(statement, 7, moved, one -> one.advance().changes());
    numbers(statement, 8, moved, one -> one.advance().from());
    texts(statement, 9, moved, one -> text(one.advance().aheadUntil()));
    if (hasEvidence(moved)) {
      bindEvidence(statement, TYPES.size(), moved);
    }
  }

  private static void bindEvidence(Statement statement, int index, List<Moved> moved) {
    numbers(statement, index, moved, of(AppliedMark::transactionId));
    texts(statement, index + 1, moved, of(mark -> AppliedMark.text(mark.committedAtMicros())));
    texts(statement, index + 2, moved, of(mark -> Lsn.format(mark.lsn())));
    numbers(statement, index + 3, moved, of(AppliedMark::applied));
    numbers(statement, index + 4, moved, of(AppliedMark::seen));
    texts(statement, index + 5, moved, of(mark -> AppliedMark.text(mark.newestMicros())));
    texts(statement, index + 6, moved, published(it -> Lsn.format(it.lastLsn())));
    numbers(statement, index + 7, moved, published(Publication::first));
    texts(statement, index + 8, moved, published(it -> AppliedMark.text(it.sentAtMicros())));
    statement.bind(
        index + 9,
        moved.stream().map(one -> one.advance().evidence() != null).toArray(Boolean[]::new));
  }

  private static <T> Function<Moved, @Nullable T> of(Function<AppliedMark, @Nullable T> value) {
    return one -> {
      AppliedMark mark = one.advance().evidence();
      return mark == null ? null : value.apply(mark);
    };
  }

  private static <T> Function<Moved, @Nullable T> published(
      Function<Publication, @Nullable T> value) {
    return of(
        mark -> {
          Publication published = mark.publication();
          return published == null ? null : value.apply(published);
        });
  }

  private static Position to(Moved moved) {
    return moved.advance().to();
  }

  private static @Nullable String stream(Position to, Function<StreamIdentity, String> value) {
    StreamIdentity stream = to.stream();
    return stream == null ? null : value.apply(stream);
  }

  private static String committedAt(Position to) {
    Instant committedAt = to.committedAt();
    return (committedAt == null ? SubscriptionRows.NEVER : committedAt).toString();
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : time.toString();
  }

  private static void texts(
      Statement statement, int index, List<Moved> moved, Function<Moved, @Nullable String> value) {
    var values = new @Nullable String[moved.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = value.apply(moved.get(i));
    }
    statement.bind(index, values);
  }

  private static void numbers(
      Statement statement, int index, List<Moved> moved, Function<Moved, @Nullable Long> value) {
    var values = new @Nullable Long[moved.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = value.apply(moved.get(i));
    }
    statement.bind(index, values);
  }
}
