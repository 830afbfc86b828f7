package dev.creek.consumer.postgres;

import dev.creek.consumer.stream.SchemaCache;
import dev.creek.consumer.stream.Subscriptions;
import reactor.core.publisher.Mono;

/** x. */
public final class PostgresTarget {
  private final Sessions sessions;
  private final SubscriptionTable subscriptions;
  private final SchemaCache schemas;

  private PostgresTarget(PostgresOptions options) {
    this.sessions = new Sessions(options);
    this.subscriptions = new SubscriptionTable(sessions, options, "x");
    this.schemas = new SchemaTexts(sessions, options.controlSchema());
  }

  public static PostgresTarget connect(PostgresOptions options) {
    return new PostgresTarget(options);
  }

  public Subscriptions subscriptions() {
    return subscriptions;
  }

  public SchemaCache schemas() {
    return schemas;
  }

  public Mono<Void> close() {
    return sessions.close();
  }
}
