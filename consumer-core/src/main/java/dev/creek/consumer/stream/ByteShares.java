package dev.creek.consumer.stream;

/**
 * Bytes that tables may hold together at one stage of their lines. Each is sure of the least share,
 * which nobody else can use up, so that none waits for another; the rest goes in equal parts to
 * those that have more to do, as far as it is free. In all never more than {@link #total} and a
 * least share a table, but for single elements that are longer. Thread-safe; each call is short.
 */
public final class ByteShares {
  /** So many tables get all that one may have; more divide that. */
  private static final int FULL_SHARES = 2;

  private static final int LEAST_PART = 16;

  private final long most;
  private final long least;
  private final long total;
  private long reserved;
  private int busy;

  /**
   * @param most bytes for one table
   * @param least bytes that each is sure of
   * @param total bytes to divide among those that want more
   */
  public ByteShares(long most, long least, long total) {
    this.most = most;
    this.least = least;
    this.total = total;
  }

  /** Twice what one table may have, and a sixteenth of that for each. */
  public static ByteShares of(long most) {
    return new ByteShares(most, Math.max(1, most / LEAST_PART), FULL_SHARES * most);
  }

  /** One more table's share; close it. */
  public Share share() {
    return new Share();
  }

  /** What is reserved beyond the least shares. */
  public synchronized long reserved() {
    return reserved;
  }

  /** One table's. */
  public final class Share {
    private long mine;
    private boolean isBusy;
    private boolean closed;

    /**
     * Reserves as much as there is for it now.
     *
     * @param holds bytes that it holds, and keeps
     * @param wantsMore whether more than the least is of use
     * @return bytes that it may hold in all; less than it holds where others have come since
     */
    public long reserve(long holds, boolean wantsMore) {
      synchronized (ByteShares.this) {
        if (closed) {
          return least;
        }
        count(wantsMore);
        long free = total - (reserved - mine);
        long part = wantsMore ? Math.min(Math.min(most - least, total / busy), free) : 0;
        long allowed = least + Math.max(0, part);
        set(Math.max(holds, allowed));
        return allowed;
      }
    }

    /** It holds no more than this, and is to get none. */
    public void keep(long bytes) {
      synchronized (ByteShares.this) {
        if (!closed) {
          set(Math.min(bytes, least + mine));
        }
      }
    }

    /** It holds nothing any more, and never will again. */
    public void close() {
      synchronized (ByteShares.this) {
        if (!closed) {
          set(0);
          count(false);
          closed = true;
        }
      }
    }

    private void set(long bytes) {
      long beyond = Math.max(0, bytes - least);
      reserved += beyond - mine;
      mine = beyond;
    }

    private void count(boolean now) {
      if (now != isBusy) {
        busy += now ? 1 : -1;
        isBusy = now;
      }
    }
  }
}
