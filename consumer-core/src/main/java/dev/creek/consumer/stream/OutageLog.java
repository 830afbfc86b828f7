package dev.creek.consumer.stream;

import dev.creek.consumer.text.ErrorWords;
import java.time.Duration;
import org.slf4j.Logger;

/**
 * Logs an outage once, however often an attempt fails; again once a minute while it lasts; and its
 * end. Thread-safe.
 */
public final class OutageLog {
  private static final Duration REMINDER = Duration.ofMinutes(1);

  private final Logger log;
  private final String what;
  private final String end;
  private boolean away;
  private long since;
  private long reportedAt;

  /**
   * @param what the beginning of the sentence for the outage, followed by the reason
   * @param end the sentence for its end
   */
  public OutageLog(Logger log, String what, String end) {
    this.log = log;
    this.what = what;
    this.end = end;
  }

  /** An attempt has failed. */
  public void failed(Throwable error) {
    failed(ErrorWords.described(error));
  }

  /** The same, with a reason in words. */
  public synchronized void failed(String why) {
    long now = System.nanoTime();
    if (!away) {
      away = true;
      since = now;
      reportedAt = now;
      log.warn("{}: {}. It is tried again until it works", what, why);
    } else if (now - reportedAt >= REMINDER.toNanos()) {
      reportedAt = now;
      log.warn("{}: {}, for {} now", what, why, seconds(now));
    } else {
      log.debug("{}: {}, for {} now", what, why, seconds(now));
    }
  }

  /** The outage is over. */
  public synchronized void over() {
    if (away) {
      away = false;
      log.info("{}, after {}", end, seconds(System.nanoTime()));
    }
  }

  private String seconds(long now) {
    return Duration.ofNanos(now - since).toSeconds() + " s";
  }
}
