package shop;

import dev.creek.consumer.source.Change;
import dev.creek.consumer.source.CreekSource;
import dev.creek.consumer.source.Positions;
import dev.creek.consumer.source.Row;
import dev.creek.consumer.source.SourceOptions;
import dev.creek.consumer.source.Transaction;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Copies table {@code orders (id int primary key, note text)} into a table of that form in another
 * PostgreSQL database: each change exactly once, wherever this program is killed.
 */
public final class CopyTable {
  /** A row. */
  public record Order(int id, String note) {}

  public static void main(String[] args) {
    if (args.length != 2) {
      System.err.println("CopyTable NATS-URI R2DBC-URI, such as nats://localhost r2dbc:postgresql://localhost/copy");
      System.exit(2);
    }
    ConnectionFactory target = ConnectionFactories.get(args[1]);
    SourceOptions options =
        SourceOptions.builder(args[0]).positions(Positions.postgres(target, "orders")).build();
    try (CreekSource creek = CreekSource.create(options)) {
      creek
          .changes("shop.public.orders")
          .as(Order.class)
          .transactions()
          .concatMap(tx -> copy(target, tx), 0)
          .doOnError(error -> System.err.println("begins anew: " + error.getMessage()))
          .retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(100)).maxBackoff(Duration.ofSeconds(5)))
          .blockLast();
    }
  }

  private static Mono<Void> copy(ConnectionFactory target, Transaction<Order> tx) {
    return Mono.usingWhen(
        target.create(),
        connection ->
            Mono.from(connection.beginTransaction())
                .thenMany(Flux.fromIterable(tx.changes()).concatMap(change -> copy(connection, change)))
                .then(tx.commit(connection))
                .then(Mono.from(connection.commitTransaction())),
        Connection::close);
  }

  private static Mono<Long> copy(Connection to, Change<Order> change) {
    if (change instanceof Change.Insert<Order> insert) {
      return put(to, insert.row());
    } else if (change instanceof Change.Update<Order> update) {
      return put(to, update.row());
    } else if (change instanceof Change.KeyChange<Order> moved) {
      return remove(to, moved.oldKey()).then(put(to, moved.row()));
    } else if (change instanceof Change.Delete<Order> delete) {
      return remove(to, delete.key());
    }
    return run(to.createStatement("truncate orders"));
  }

  private static Mono<Long> put(Connection to, Order order) {
    Statement upsert =
        to.createStatement(
            "insert into orders values ($1, $2) on conflict (id) do update set note = excluded.note");
    upsert.bind("$1", order.id());
    return run(order.note() == null ? upsert.bindNull("$2", String.class) : upsert.bind("$2", order.note()));
  }

  private static Mono<Long> remove(Connection to, Row key) {
    return run(to.createStatement("delete from orders where id = $1").bind("$1", key.getInteger("id")));
  }

  private static Mono<Long> run(Statement statement) {
    return Flux.from(statement.execute()).concatMap(Result::getRowsUpdated).reduce(0L, Long::sum);
  }
}
