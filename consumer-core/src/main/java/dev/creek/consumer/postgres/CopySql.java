package dev.creek.consumer.postgres;

import dev.creek.consumer.row.CopyRows;
import dev.creek.consumer.row.RowPlan;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Copies rows of one plan into a table, in PostgreSQL's binary format.
 *
 * @param sql the statement
 */
record CopySql(String sql) {
  /** What the driver is given at once: it copies each piece before it sends it. */
  static final int PIECE_BYTES = 1 << 16;

  /**
   * COPY into any table that has the plan's columns.
   *
   * @param table where to, as SQL
   */
  static CopySql into(String table, RowPlan plan) {
    return new CopySql(
        "copy "
            + table
            + " ("
            + InsertSql.columns(plan.columns())
            + ") from stdin (format binary)");
  }

  /** The same behind other statements, in one transaction with them: ends in a semicolon. */
  CopySql behind(String statements) {
    return new CopySql(statements + " " + sql);
  }

  Mono<Void> write(Session session, CopyRows rows) {
    return session.copyIn(sql, pieces(rows.view()));
  }

  private static Flux<ByteBuf> pieces(ByteBuffer all) {
    return Flux.generate(
        () -> 0,
        (from, sink) -> {
          int length = Math.min(PIECE_BYTES, all.limit() - from);
          if (length == 0) {
            sink.complete();
          } else {
            sink.next(Unpooled.wrappedBuffer(all.slice(from, length)));
          }
          return from + length;
        });
  }
}
