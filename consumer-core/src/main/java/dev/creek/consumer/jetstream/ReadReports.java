package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.stream.ReadListener;
import org.jspecify.annotations.Nullable;

/**
 * Reports to a {@link ReadListener} how reading goes, from one consumer to the next. That reading
 * goes on is reported only when the broker is known to answer: a consumer can be created at a
 * broker that then sends nothing.
 *
 * <p>Thread-safe; a consumer that has been replaced reports nothing.
 */
final class ReadReports {
  private final ReadListener listener;

  /** The present consumer; null between two. */
  private @Nullable Reading present;

  /** True while the broker has not answered the present consumer's request. */
  private boolean silent;

  /** True if the consumer before got no answer: then it is not reported that reading goes on. */
  private boolean doubtful;

  ReadReports(ReadListener listener) {
    this.listener = listener;
  }

  /**
   * A consumer begins to read.
   *
   * @param pending number of messages that it has to read
   */
  synchronized Reading begin(long pending) {
    var reading = new Reading(pending);
    present = reading;
    if (!doubtful) {
      listener.began(pending);
    }
    silent = true;
    return reading;
  }

  /** The present consumer, if there is one, has ended. */
  synchronized void interrupted(Throwable failure) {
    doubtful = silent;
    present = null;
    BrokerException.Denied refusal = ReadInterrupted.denied(failure);
    if (refusal != null && listener.refused(refusal)) {
      return;
    }
    listener.interrupted(String.valueOf(failure.getMessage()), ReadInterrupted.hint(failure));
  }

  /** Tells whether nobody listens, so that an interruption has to be logged. */
  boolean areIgnored() {
    return listener == ReadListener.NONE;
  }

  /** The reports of one consumer. */
  final class Reading implements StreamChecks.Follower {
    private final long pending;

    private Reading(long pending) {
      this.pending = pending;
    }

    /** From now on these checks know how far it has read. */
    void reads(StreamChecks checks) {
      synchronized (ReadReports.this) {
        if (present == this) {
          listener.reads(checks.howFar());
        }
      }
    }

    /** The broker answers its requests. */
    void heard() {
      synchronized (ReadReports.this) {
        if (present == this) {
          silent = false;
          if (doubtful) {
            doubtful = false;
            listener.began(pending);
          }
        }
      }
    }

    @Override
    public void refused(BrokerException.Denied denied) {
      synchronized (ReadReports.this) {
        if (present == this) {
          listener.hindered(
              "its position stays behind while it has no changes, and retention will look like a"
                  + " gap: "
                  + denied.getMessage(),
              denied.hint());
        }
      }
    }

    @Override
    public void answered() {
      synchronized (ReadReports.this) {
        if (present == this) {
          listener.unhindered();
        }
      }
    }
  }
}
