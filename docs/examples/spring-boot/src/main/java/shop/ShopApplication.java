package shop;

import dev.creek.consumer.source.CreekSource;
import dev.creek.consumer.source.SourceOptions;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Keeps the orders of a shop in memory. */
@SpringBootApplication
public class ShopApplication {
  public static void main(String[] args) {
    SpringApplication.run(ShopApplication.class, args);
  }

  /** Closed with the application. */
  @Bean(destroyMethod = "close")
  CreekSource creek(@Value("${creek.nats-uri}") String natsUri, Outages outages) {
    return CreekSource.create(SourceOptions.builder(natsUri).listener(outages).build());
  }
}
