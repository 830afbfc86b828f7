package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.position.PositionsSql;
import dev.creek.consumer.postgres.position.PositionsSql.Moved;
import dev.creek.consumer.postgres.session.Session;
import io.r2dbc.spi.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Writes a batch of several tables in one statement: the positions, whose update is the fence of
 * all, and the rows. PostgreSQL examines foreign keys that are not deferred at the end of a
 * statement, so the order of the tables does not matter, nor do cycles.
 *
 * <p>A combination of tables is written so from its second time on, because the server must parse
 * and plan its text first; tables that foreign keys tie together at once. Not thread-safe.
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

  /** Writers whose rows have met a foreign key. */
  private final Set<PostgresTableWriter> tied = new HashSet<>();

  /** A part with its piece of the statement. */
  private record Piece(Fusible rows, Moved moved) {}

  /** The next batches with this table are written in one statement. */
  void tie(PostgresTableWriter writer) {
    tied.add(writer);
  }

  /** Writes all parts, committed; null if they are to be written in another way. */
  @Nullable Mono<Void> write(Mono<Session> session, List<GroupPart> parts) {
    boolean isTied = parts.stream().anyMatch(part -> tied.contains(part.writer()));
    if (parts.size() > (isTied ? MAX_TIED : MAX_TABLES)) {
      return null;
    }
    List<GroupPart> sorted =
        parts.stream().sorted(Comparator.comparing(GroupPart::target)).toList();
    List<Piece> pieces = new ArrayList<>();
    List<Object> key = new ArrayList<>();
    for (GroupPart part : sorted) {
      Fusible rows = part.staged().isAlone() ? part.staged().fusible(isTied) : null;
      Moved moved = part.move();
      if (rows == null || !moved.isPlain()) {
        return null;
      }
      pieces.add(new Piece(rows, moved));
      key.add(rows.key());
    }
    List<Moved> moved = pieces.stream().map(Piece::moved).toList();
    key.add(PositionsSql.nextParameter(moved));
    String known = texts.get(key);
    if (known == null && !isTied) {
      texts.put(key, "");
      return null;
    }
    String text = known == null || known.isEmpty() ? text(pieces, moved) : known;
    texts.put(key, text);
    return session
        .flatMap(open -> open.update(text, statement -> bind(statement, pieces, moved)))
        .then();
  }

  private static String text(List<Piece> pieces, List<Moved> moved) {
    List<String> parts = new ArrayList<>();
    List<String> checks = new ArrayList<>();
    int parameter = PositionsSql.nextParameter(moved);
    for (int i = 0; i < pieces.size(); i++) {
      Fusible rows = pieces.get(i).rows();
      Fusible.Piece piece = rows.piece("t" + i, "gate, ", parameter);
      parts.addAll(piece.parts());
      checks.addAll(piece.checks());
      parameter += rows.parameters();
    }
    return "with fence as ("
        + PositionsSql.update(moved)
        + " returning 1), gate as materialized (select "
        + PositionSql.allTouched(pieces.size())
        + " as held from fence)"
        + String.join("", parts.stream().map(", "::concat).toList())
        + " select held, "
        + (checks.isEmpty() ? "1" : FoldedSql.verdict(String.join(" and ", checks)))
        + " from gate";
  }

  private static void bind(Statement statement, List<Piece> pieces, List<Moved> moved) {
    PositionsSql.bind(statement, moved);
    int index = PositionsSql.nextParameter(moved) - 1;
    for (Piece piece : pieces) {
      piece.rows().bind(statement, index);
      index += piece.rows().parameters();
    }
  }
}
