package dev.creek.consumer.app.demo;

/** What one can look at, and try, while the demo runs. */
final class Playbill {

  private Playbill() {}

  static void print(Terminal terminal, Stage stage) {
    String source = stage.source().uri();
    String target = stage.target().uri();
    terminal.println(
        """

          source   %s
          target   %s
          broker   %s
          service  process %d%s

          Try in another terminal:

          export NATS_URI=%s DB_URI=%s
          java -jar consumer-app/target/creek-consumer.jar status
          psql %s -c "update products set name = 'brand new' where id = 7"
          psql %s -c "select id, name, price from products where id = 7"
          psql -x %s -c "table _creek_consumer.subscriptions"
        """
            .formatted(
                source,
                target,
                stage.nats().uri(),
                stage.servicePid(),
                stage
                    .metricsUri()
                    .map(uri -> ", its page at " + uri.replaceFirst("metrics$", ""))
                    .orElse(""),
                stage.nats().uri(),
                target,
                source,
                target,
                target));
  }
}
