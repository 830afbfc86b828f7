package dev.creek.consumer.app.http;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An instance of the service at work on the same database, in the form for the page.
 *
 * @param id the value of tables' owners
 * @param host name of its host
 * @param version of the program
 * @param page address of its own page; null if it has none
 * @param self whether it is this one
 * @param serving whether it takes a share of the tables; false for a command
 * @param since time of its start
 * @param owns targets of the tables that it handles
 * @param grouping the tables that it applies together; null if it does not tell
 * @param silentFor time since its last heartbeat, if that is long; otherwise null
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
    @Nullable String grouping,
    @Nullable Duration silentFor) {

  /** One with a recent heartbeat. */
  InstanceView(
      String id,
      String host,
      String version,
      @Nullable String page,
      boolean self,
      boolean serving,
      Instant since,
      Set<String> owns) {
    this(id, host, version, page, self, serving, since, owns, null, null);
  }
}
