package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.session.Session;
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
public record CopySql(String sql) {
  /** Bytes that the driver gets at once: it copies each piece before it sends it. */
  public static final int PIECE_BYTES = 1 << 16;

  /**
   * COPY into any table that has the plan's columns.
   *
   * @param table the table, as SQL
   */
  public static CopySql into(String table, RowPlan plan) {
    return new CopySql(
        "copy "
            + table
            + " ("
            + InsertSql.columns(plan.columns())
            + ") from stdin (format binary)");
  }

  /** The same after other statements, in one transaction with them: ends in a semicolon. */
  public CopySql behind(String statements) {
    return new CopySql(statements + " " + sql);
  }

  /**
   * The same if no trigger may suppress the rows by now. COPY does not report suppressed rows, so
   * this is an error after which the rows are inserted.
   *
   * @param table oid of the table
   * @param partitioned whether partitions have triggers of their own
   */
  CopySql unlessDecided(long table, boolean partitioned) {
    String tables =
        partitioned
            ? "in (select relid from pg_catalog.pg_partition_tree(%d))".formatted(table)
            : "= " + table;
    return behind(
        ("select (case when exists (select from pg_catalog.pg_trigger where tgrelid %s"
                + " and tgtype & 7 = 7 and tgenabled::text in ('A', case"
                + " pg_catalog.current_setting('session_replication_role')"
                + " when 'replica' then 'R' else 'O' end)) then 'creek: a trigger' else '1'"
                + " end)::int;")
            .formatted(tables));
  }

  public Mono<Void> write(Session session, CopyRows rows) {
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
