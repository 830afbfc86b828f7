package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.position.PositionsSql;
import dev.creek.consumer.postgres.position.PositionsSql.Moved;
import dev.creek.consumer.postgres.session.Session;
import io.r2dbc.spi.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Writes a batch of several tables in one statement: the positions, whose update is the fence of
 * all, and the rows. PostgreSQL examines foreign keys that are not deferred at the end of a
 * statement, so the order of the tables does not matter, nor do cycles.
 *
 * <p>A combination of tables is written so from its second time on, because the server must parse
 * and plan its text first. At once it is written so if foreign keys tie its tables together, or if
 * none of them has been written before: then their own statements would have to be planned, too.
 * Not thread-safe.
 */
final class FusedWriter {
  /** Beyond it, planning a text once costs more than it saves. */
  private static final int MAX_TABLES = 16;

  /** The same where the order matters. */
  private static final int MAX_TIED = 200;

  private static final int TEXTS = 100;

  private final Map<List<Object>, String> texts =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<List<Object>, String> eldest) {
          return size() > TEXTS;
        }
      };

  /** The pieces that have been a part of a statement, or that were offered for one. */
  private final Set<Object> met = new HashSet<>();

  /**
   * The place of each table among all that were met: those that are next to one another are written
   * by the same statement again and again.
   */
  private final Map<String, Integer> places = new HashMap<>();

  /** Tells whether so many tables can be written in one statement. */
  static boolean isFew(int tables) {
    return tables <= MAX_TABLES;
  }

  /** The tables of a batch that is too large for one statement, in bundles for one each. */
  Collection<List<GroupPart>> bundles(List<GroupPart> parts) {
    Map<Integer, List<GroupPart>> bundles = new TreeMap<>();
    for (GroupPart part : parts) {
      int place = places.computeIfAbsent(part.target(), target -> places.size());
      bundles.computeIfAbsent(place / MAX_TABLES, bundle -> new ArrayList<>()).add(part);
    }
    return bundles.values();
  }

  /**
   * Rows and positions, committed, or in an open transaction; null if they are to be written in
   * another way.
   *
   * @param tied whether foreign keys tie some of them together
   */
  @Nullable Mono<Void> write(Mono<Session> session, List<GroupPart> parts, boolean tied) {
    if (parts.size() > (tied ? MAX_TIED : MAX_TABLES)) {
      return null;
    }
    List<GroupPart> sorted = sorted(parts);
    List<Fusible> rows = fusible(sorted, tied);
    List<Moved> moved = sorted.stream().map(GroupPart::move).toList();
    if (rows == null || !moved.stream().allMatch(Moved::isPlain)) {
      return null;
    }
    int parameter = PositionsSql.nextParameter(moved);
    List<Object> key = key(parameter, rows);
    boolean fresh = meet(rows);
    if (!tied && !fresh && texts.putIfAbsent(key, "") == null) {
      return null;
    }
    String text = text(key, () -> text(rows, moved));
    return session
        .flatMap(
            open ->
                open.update(
                    text,
                    statement -> {
                      PositionsSql.bind(statement, moved);
                      bind(statement, parameter - 1, rows);
                    }))
        .then();
  }

  /**
   * The rows alone, of tables that foreign keys tie together, in a transaction that holds the
   * fences; null if they are to be written in another way.
   */
  @Nullable Mono<Void> rows(Session session, List<GroupPart> parts) {
    List<Fusible> rows = parts.size() > MAX_TIED ? null : fusible(sorted(parts), true);
    if (rows == null) {
      return null;
    }
    String text = text(key(0, rows), () -> text(rows));
    return session.update(text, statement -> bind(statement, 0, rows)).then();
  }

  private static List<GroupPart> sorted(List<GroupPart> parts) {
    return parts.stream().sorted(Comparator.comparing(GroupPart::target)).toList();
  }

  /** Tells whether a table's rows can be a part of a statement, whatever that costs. */
  static boolean isFusible(GroupPart part) {
    return part.staged().isAlone() && part.staged().fusible(true) != null;
  }

  /** Null if one is not. */
  private static @Nullable List<Fusible> fusible(List<GroupPart> parts, boolean tied) {
    List<Fusible> all = new ArrayList<>(parts.size());
    for (GroupPart part : parts) {
      Fusible rows = part.staged().isAlone() ? part.staged().fusible(tied) : null;
      if (rows == null) {
        return null;
      }
      all.add(rows);
    }
    return all;
  }

  private static List<Object> key(int positions, List<Fusible> rows) {
    List<Object> key = new ArrayList<>(rows.size() + 1);
    key.add(positions);
    rows.forEach(one -> key.add(one.key()));
    return key;
  }

  /** Tells whether none of the pieces has been written yet, alone or with others. */
  private boolean meet(List<Fusible> rows) {
    boolean fresh = true;
    for (Fusible one : rows) {
      fresh &= met.add(one.key());
    }
    return fresh;
  }

  private String text(List<Object> key, Supplier<String> made) {
    String known = texts.get(key);
    if (known == null || known.isEmpty()) {
      known = made.get();
      texts.put(key, known);
    }
    return known;
  }

  private static String text(List<Fusible> rows, List<Moved> moved) {
    var parts = new Parts(rows, "gate, ", PositionsSql.nextParameter(moved));
    return "with fence as ("
        + PositionsSql.update(moved)
        + " returning 1), gate as materialized (select "
        + PositionSql.allTouched(rows.size())
        + " as held from fence)"
        + parts.sql().stream().map(", "::concat).collect(Collectors.joining())
        + " select held, "
        + parts.verdict()
        + " from gate";
  }

  private static String text(List<Fusible> rows) {
    var parts = new Parts(rows, "", 1);
    return "with " + String.join(", ", parts.sql()) + " select " + parts.verdict();
  }

  /**
   * The parts of a statement.
   *
   * @param sql common table expressions
   * @param checks conditions that hold if all rows were touched
   */
  private record Parts(List<String> sql, List<String> checks) {
    Parts(List<Fusible> rows, String from, int parameter) {
      this(new ArrayList<>(), new ArrayList<>());
      int next = parameter;
      for (int i = 0; i < rows.size(); i++) {
        Fusible.Piece piece = rows.get(i).piece("t" + i, from, next);
        sql.addAll(piece.parts());
        checks.addAll(piece.checks());
        next += rows.get(i).parameters();
      }
    }

    String verdict() {
      return checks.isEmpty() ? "1" : FoldedSql.verdict(String.join(" and ", checks));
    }
  }

  private static void bind(Statement statement, int index, List<Fusible> rows) {
    int next = index;
    for (Fusible one : rows) {
      one.bind(statement, next);
      next += one.parameters();
    }
  }
}
