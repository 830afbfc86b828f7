package dev.creek.consumer.testing.workload;

import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Alters the target as the source was, or is about to be; waits for one that is away. */
final class Follower {
  private static final int MAX_STEPS_LATER = 200;
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final Duration PATIENCE = Patience.LIMIT;

  private final @Nullable PostgresDatabase target;
  private final List<Due> due = new ArrayList<>();
  private long step;

  private record Due(long step, String ddl) {}

  /**
   * @param target null for none: then the source is not altered, either
   */
  Follower(@Nullable PostgresDatabase target) {
    this.target = target;
  }

  boolean follows() {
    return target != null;
  }

  /** The source comes next. */
  void followNow(String ddl) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try (Connection connection = target.connect();
          Statement statement = connection.createStatement()) {
        statement.execute(ddl);
        return;
      } catch (SQLException e) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException("the target cannot follow: " + ddl, e);
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  /** The source has been altered; its rows may stop the target for a while. */
  void followLater(String ddl, Random random) {
    due.add(new Due(step + random.nextInt(MAX_STEPS_LATER), ddl));
  }

  void step() {
    step++;
    List<Due> now = due.stream().filter(one -> one.step() <= step).toList();
    due.removeAll(now);
    now.forEach(one -> followNow(one.ddl()));
  }

  /** Nothing is left to be done. */
  void finish() {
    due.forEach(one -> followNow(one.ddl()));
    due.clear();
  }
}
