package shop;

import dev.creek.consumer.source.Change;
import dev.creek.consumer.source.CreekSource;
import dev.creek.consumer.source.Start;
import dev.creek.consumer.source.Transaction;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** The orders, kept in step with the source while the application runs. */
@Component
public class Orders implements SmartLifecycle {
  /** A row. */
  public record Order(int id, String note) {}

  private final Map<Integer, Order> orders = new ConcurrentHashMap<>();
  private final CreekSource creek;
  private final Counter changes;
  private Disposable running = Disposables.disposed();

  public Orders(CreekSource creek, MeterRegistry meters) {
    this.creek = creek;
    this.changes = meters.counter("shop.orders.changes");
  }

  /** All orders by their ids. */
  public Map<Integer, Order> all() {
    return orders;
  }

  @Override
  public void start() {
    running =
        creek
            .changes("shop.public.orders")
            .startAt(Start.storedOr(Start.EARLIEST))
            .as(Order.class)
            .forEachTransaction(this::keep)
            .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, Duration.ofSeconds(1)))
            .subscribe();
  }

  private Mono<Void> keep(Transaction<Order> tx) {
    return Mono.fromRunnable(
        () -> {
          tx.changes().forEach(this::keep);
          changes.increment(tx.changes().size());
        });
  }

  private void keep(Change<Order> change) {
    if (change instanceof Change.Insert<Order> insert) {
      orders.put(insert.row().id(), insert.row());
    } else if (change instanceof Change.Update<Order> update) {
      orders.put(update.row().id(), update.row());
    } else if (change instanceof Change.KeyChange<Order> moved) {
      orders.remove(moved.oldKey().getInteger("id"));
      orders.put(moved.row().id(), moved.row());
    } else if (change instanceof Change.Delete<Order> delete) {
      orders.remove(delete.key().getInteger("id"));
    } else {
      orders.clear();
    }
  }

  @Override
  public void stop() {
    running.dispose();
  }

  @Override
  public boolean isRunning() {
    return !running.isDisposed();
  }
}
