package dev.creek.consumer.stream;

/**
 * Bytes that tables may hold together at one stage of their pipelines. Each table has a guaranteed
 * minimum that no other can use, so none waits for another. The rest is divided equally among
 * tables with a backlog, as far as it is free. The sum is never more than {@link #total} and the
 * minimum of each table, except for single longer elements. Thread-safe; each call is short.
 */
public final class ByteShares {
  /** This number of tables can have the maximum at once; more tables divide it. */
  private static final int FULL_SHARES = 2;

  private static final int LEAST_PART = 16;

  private final long most;
  private final long least;
  private final long total;
  private long reserved;
  private int busy;

  /**
   * @param most bytes for one table
   * @param least guaranteed bytes of each table
   * @param total bytes to divide among tables that want more
   */
  public ByteShares(long most, long least, long total) {
    this.most = most;
    this.least = least;
    this.total = total;
  }

  /** A total of twice the maximum of one table, and a minimum of a sixteenth of it. */
  public static ByteShares of(long most) {
    return new ByteShares(most, Math.max(1, most / LEAST_PART), FULL_SHARES * most);
  }

  /** A share for one more table; close it. */
  public Share share() {
    return new Share();
  }

  /** Bytes that are reserved beyond the minimums. */
  public synchronized long reserved() {
    return reserved;
  }

  /** The share of one table. */
  public final class Share {
    private long mine;
    private boolean isBusy;
    private boolean closed;

    /**
     * Reserves as much as is available for it now.
     *
     * @param holds bytes that it holds, and keeps
     * @param wantsMore whether it can use more than the minimum
     * @return bytes that it may hold in total; less than it holds if others have come since
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

    /** Gives back what exceeds these bytes, and gets no more. */
    public void keep(long bytes) {
      synchronized (ByteShares.this) {
        if (!closed) {
          set(Math.min(bytes, least + mine));
        }
      }
    }

    /** Gives back everything, finally. */
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
