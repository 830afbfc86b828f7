package dev.creek.consumer.api;

import org.jspecify.annotations.Nullable;

/** What can go wrong with the broker. */
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
   * It is there and does not accept the credentials. Whether they are wrong, or whoever it asks
   * about them is away for a moment, cannot be told.
   */
  public static final class Refused extends Unavailable {
    private static final long serialVersionUID = 1L;

    public Refused(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * It is there and does not let this user do what was asked: that does not pass by itself,
   * somebody has to do what the hint says.
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
   * It is there, and has nothing or nobody of what was asked for: no stream of the database, no
   * producer that listens. That may come; who asked for something need not wait for it long.
   */
  public static sealed class Unanswered extends Unavailable permits NoProducer {
    private static final long serialVersionUID = 1L;

    /**
     * @param hint what may be wrong; null where nothing is known
     */
    public Unanswered(String message, @Nullable String hint) {
      super(message, hint);
    }
  }

  /**
   * It is there, and no producer answers what it was asked: it does not run, or its source is away,
   * or it does not know what it was asked for and says nothing. For how long it is to be asked
   * again is for whoever asked to say.
   */
  public static final class NoProducer extends Unanswered {
    private static final long serialVersionUID = 1L;

    /**
     * @param hint what may be wrong; null where nothing is known
     */
    public NoProducer(String message, @Nullable String hint) {
      super(message, hint);
    }
  }

  /** Messages that were needed are gone: only a clean snapshot heals it. */
  public static final class Gap extends BrokerException {
    private static final long serialVersionUID = 1L;

    public Gap(String message) {
      super(message, null, null);
    }
  }
}
