package dev.creek.consumer.api;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process that works on a target database. Times are by the database's clock.
 *
 * @param id the value of {@code subscriptions.owner}
 * @param self its description of itself
 * @param serving whether it takes a share of the tables; false for a command that takes a snapshot
 * @param grouping the tables that it applies together; null if it does not tell, as those of older
 *     versions
 * @param startedAt time of its start
 * @param heartbeatAge time since its last heartbeat
 * @param owns the targets that it has claimed, in order
 * @param snapshots the targets of which it takes snapshots
 */
public record Instance(
    String id,
    Self self,
    boolean serving,
    @Nullable Grouping grouping,
    Instant startedAt,
    Duration heartbeatAge,
    List<TargetTable> owns,
    List<TargetTable> snapshots) {

  /** Heartbeats come once a second; an instance without one for this long is slow or stopped. */
  public static final Duration LATE_AFTER = Duration.ofSeconds(5);

  /**
   * Tells whether it had no heartbeat for {@link #LATE_AFTER}: then its tables move to other
   * instances, if there are any, and its activity is unknown.
   */
  public boolean isLate() {
    return heartbeatAge.compareTo(LATE_AFTER) >= 0;
  }

  /**
   * A process's description of itself, for display.
   *
   * @param host name of its host
   * @param process its process id
   * @param version of the program
   * @param page address of its HTTP page; null if it has none
   */
  public record Self(String host, long process, String version, @Nullable String page) {
    private static final String UNNAMED = "localhost";

    /** This process. Looks up the host's name, so it may block for a moment. */
    public static Self of(String version, @Nullable String page) {
      return new Self(hostName(), ProcessHandle.current().pid(), version, page);
    }

    private static String hostName() {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException e) {
        return UNNAMED;
      }
    }
  }
}
