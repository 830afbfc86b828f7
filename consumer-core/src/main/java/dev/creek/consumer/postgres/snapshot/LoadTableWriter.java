package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.postgres.apply.CopySql;
import dev.creek.consumer.postgres.apply.InsertSql;
import dev.creek.consumer.postgres.catalog.LoadTable;
import dev.creek.consumer.postgres.session.BinaryArray;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.CopyRows;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.stream.SnapshotWriter.Prepared;
import dev.creek.consumer.wire.WireMessage;
import io.r2dbc.spi.Statement;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Fills a load table, chunk by chunk, each committed by itself: one transaction around all would
 * prevent vacuum in the whole database. Uses binary COPY if the wire's values have the columns' own
 * types, otherwise an INSERT that casts. Preparing may run beside writing.
 */
final class LoadTableWriter {
  /** A buffer that one chunk of long rows has enlarged is not kept for short ones. */
  private static final int KEPT_BYTES = 1 << 23;

  /** Nothing depends on a chunk before the last commit, which is synchronous and covers it. */
  private static final String WITHOUT_WAITING_FOR_THE_DISK = "set local synchronous_commit = off;";

  private final RowPlan plan;
  private final CopySql copy;
  private final String insert;
  private final Queue<CopyRows> spare = new ConcurrentLinkedQueue<>();

  LoadTableWriter(RowPlan plan, LoadTable fresh) {
    this.plan = plan;
    this.copy = CopySql.into(fresh.sqlName(), plan).behind(WITHOUT_WAITING_FOR_THE_DISK);
    this.insert = InsertSql.plain(plan, fresh.sqlName()).sql("", 1);
  }

  private record Copied(CopyRows content) implements Prepared {
    @Override
    public int rows() {
      return content.rows();
    }
  }

  private record Cast(RowColumns content) implements Prepared {
    @Override
    public int rows() {
      return content.rows();
    }
  }

  /** Transcodes on the calling thread. */
  Prepared prepare(List<WireMessage> rows) {
    if (!plan.isCopyable()) {
      return new Cast(plan.transcode(rows));
    }
    @Nullable CopyRows kept = spare.poll();
    CopyRows into = kept == null ? new CopyRows(CopySql.PIECE_BYTES) : kept;
    plan.copy(rows, into);
    return new Copied(into);
  }

  Mono<Void> write(Session session, Prepared chunk) {
    if (chunk.rows() == 0) {
      return Mono.empty();
    }
    if (chunk instanceof Copied copied) {
      return copy.write(session, copied.content()).doOnSuccess(nothing -> keep(copied.content()));
    }
    RowColumns rows = ((Cast) chunk).content();
    return session.update(insert, statement -> bind(statement, rows)).then();
  }

  /** Values of a chunk, to be examined again; none if COPY names the column that it refuses. */
  static List<RowColumns> rows(Prepared chunk) {
    return chunk instanceof Cast cast ? List.of(cast.content()) : List.of();
  }

  /** The database has the data, so the driver no longer reads the buffer. */
  private void keep(CopyRows buffer) {
    if (buffer.size() <= KEPT_BYTES) {
      spare.offer(buffer);
    }
  }

  private void bind(Statement statement, RowColumns rows) {
    List<PlanColumn> columns = plan.columns();
    for (int i = 0; i < columns.size(); i++) {
      statement.bind(i, new BinaryArray(columns.get(i).sentAs(), rows.columns().get(i)));
    }
  }
}
