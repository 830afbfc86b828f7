package dev.creek.consumer.api;

import org.jspecify.annotations.Nullable;

/** Errors of the broker. */
public abstract sealed class BrokerException extends ConsumerException {
  private static final long serialVersionUID = 1L;

  BrokerException(String message, @Nullable String hint, @Nullable Throwable cause) {
    super(message, hint, cause);
  }

  /** It cannot be reached or does not (yet) have the stream: try again later. */
  public static sealed class Unavailable extends BrokerException
      permits Refused, Denied, Unanswered {
    private static final long serialVersionUID = 1L;

    public Unavailable(String message, @Nullable Throwable cause) {
      super(message, null, cause);
    }

    public Unavailable(String message) {
      super(message, null, null);
    }

    private Unavailable(String message, @Nullable String hint) {
      super(message, hint, null);
    }
  }

  /**
   * It does not accept the credentials. Either they are wrong, or the service that it asks about
   * them is away for a moment; the two cannot be distinguished.
   */
  public static final class Refused extends Unavailable {
    private static final long serialVersionUID = 1L;

    public Refused(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * It does not allow this user to do something. This does not pass by itself: the hint has the
   * remedy.
   */
  public static final class Denied extends Unavailable {
    private static final long serialVersionUID = 1L;

    /**
     * @param message in the broker's words
     * @param hint the permission to grant
     */
    public Denied(String message, String hint) {
      super(message, hint);
    }
  }

  /**
   * The broker answers, but what was requested does not exist: there is no stream of the database,
   * or no producer listens. It may come later, but a long wait is not needed.
   */
  public static sealed class Unanswered extends Unavailable permits NoProducer {
    private static final long serialVersionUID = 1L;

    /**
     * @param hint a possible cause; null if nothing is known
     */
    public Unanswered(String message, @Nullable String hint) {
      super(message, hint);
    }
  }

  /**
   * The broker answers, but no producer does: it does not run, its source is away, or it does not
   * know the table and stays silent. The caller decides how long to ask again.
   */
  public static final class NoProducer extends Unanswered {
    private static final long serialVersionUID = 1L;

    /**
     * @param hint a possible cause; null if nothing is known
     */
    public NoProducer(String message, @Nullable String hint) {
      super(message, hint);
    }
  }

  /** Messages that were needed are gone: only a clean snapshot fills the gap. */
  public static final class Gap extends BrokerException {
    private static final long serialVersionUID = 1L;

    public Gap(String message) {
      super(message, null, null);
    }
  }
}
