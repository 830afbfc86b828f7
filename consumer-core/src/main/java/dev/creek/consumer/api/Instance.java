package dev.creek.consumer.api;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process that is at work on a target database. Times are by the database's clock.
 *
 * @param id what {@code subscriptions.owner} names
 * @param self what it says about itself
 * @param serving whether it takes a share of the tables; false for a command that takes a snapshot
 * @param startedAt when it came
 * @param heartbeatAge how long ago it last showed itself
 * @param owns the targets that it has claimed, in order
 * @param snapshots the targets that it is taking snapshots of
 */
public record Instance(
    String id,
    Self self,
    boolean serving,
    Instant startedAt,
    Duration heartbeatAge,
    List<TargetTable> owns,
    List<TargetTable> snapshots) {

  /** Who shows itself once a second and has not for this long is slow or stopped. */
  public static final Duration LATE_AFTER = Duration.ofSeconds(5);

  /**
   * Tells whether it has not shown itself for {@link #LATE_AFTER}: then its tables go to others,
   * where there are any, and nothing is known of what it does.
   */
  public boolean isLate() {
    return heartbeatAge.compareTo(LATE_AFTER) >= 0;
  }

  /**
   * What a process says about itself, for people.
   *
   * @param host name of its host
   * @param process its number there
   * @param version of the program
   * @param page address of its HTTP page; null where it has none
   */
  public record Self(String host, long process, String version, @Nullable String page) {
    private static final String UNNAMED = "localhost";

    /** This process. Asks for the host's name: may block for a moment. */
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
