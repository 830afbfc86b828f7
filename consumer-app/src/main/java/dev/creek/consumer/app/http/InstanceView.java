package dev.creek.consumer.app.http;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An instance of the service at work on the same database, as the page shows it.
 *
 * @param id what tables' owners are named by
 * @param host where it runs
 * @param version of the program
 * @param page address of its own page; null where it has none
 * @param self whether it is this one
 * @param serving whether it takes a share of the tables; false for a command
 * @param since when it was started
 * @param owns targets of the tables that it handles
 * @param silentFor how long it has not shown itself, where that is long; else null
 */
public record InstanceView(
    String id,
    String host,
    String version,
    @Nullable String page,
    boolean self,
    boolean serving,
    Instant since,
    Set<String> owns,
    @Nullable Duration silentFor) {

  /** One that shows itself. */
  InstanceView(
      String id,
      String host,
      String version,
      @Nullable String page,
      boolean self,
      boolean serving,
      Instant since,
      Set<String> owns) {
    this(id, host, version, page, self, serving, since, owns, null);
  }
}
