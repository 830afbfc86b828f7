package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.BrokerException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The broker's refusals to let a group read its database, which needs another permission than
 * reading each table by itself. Only the control worker adds; thread-safe for others.
 */
final class Refusals {
  private static final Logger log = LoggerFactory.getLogger(Refusals.class);

  /** Whoever grants the permission need not restart anything. */
  private static final Duration TRIED_AGAIN = Duration.ofMinutes(5);

  private final String database;
  private volatile @Nullable Refusal last;

  private record Refusal(String message, long nanos) {}

  Refusals(String database) {
    this.database = database;
  }

  void add(BrokerException.Denied refusal) {
    String message = String.valueOf(refusal.getMessage());
    Refusal before = last;
    last = new Refusal(message, System.nanoTime());
    if (before == null || !before.message().equals(message)) {
      log.atWarn()
          .addKeyValue("database", database)
          .log(
              "The tables of {} are applied one by one, not together: {}. Hint: {}, and each table"
                  + " joins with a change of it within minutes; or set --grouping table",
              database,
              message,
              refusal.hint());
    }
  }

  /** Tells whether it would be refused again in all likelihood. */
  boolean isRecent() {
    Refusal refusal = last;
    return refusal != null && System.nanoTime() - refusal.nanos() < TRIED_AGAIN.toNanos();
  }
}
