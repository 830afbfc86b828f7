import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import reactor.core.publisher.Flux;
import shop.Orders;
import shop.ReadingHealth;
import shop.ShopApplication;

import java.time.Duration;

/** Runs the application of docs/examples/spring-boot until it has the orders, and looks at its beans. */
public final class Probe {
  public static void main(String[] args) {
    try (ConfigurableApplicationContext application =
        SpringApplication.run(ShopApplication.class, "--creek.nats-uri=" + args[0])) {
      Orders orders = application.getBean(Orders.class);
      MeterRegistry meters = application.getBean(MeterRegistry.class);
      Flux.interval(Duration.ofMillis(50))
          .takeUntil(tick -> meters.counter("shop.orders.changes").count() >= 20)
          .blockLast(Duration.ofMinutes(2));
      System.out.println(
          "orders %d, changes %s, health %s"
              .formatted(
                  orders.all().size(),
                  meters.counter("shop.orders.changes").count(),
                  application.getBean(ReadingHealth.class).health().getStatus()));
    }
  }
}
