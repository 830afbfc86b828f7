package dev.creek.consumer.app.demo;

import dev.creek.consumer.testing.PostgresDatabase;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives a table of the source one more column, with a default, while it is traded in. The service
 * adds the column and marks the target's rows, which lack what the source's default gave to its
 * own; a {@code fill}, as a user would ask for it by SQL, brings it and clears the mark.
 */
final class NewColumn {
  private static final String TABLE = "products";
  private static final String NAME = "rating";

  /** In one transaction: the change tells of the column, even if trade ends here. */
  private static final String ADD =
      """
      do $$ begin
        alter table products add column rating integer not null default 3;
        update products set rating = 5 where id = 7;
      end $$""";

  private static final String MARK =
      """
      select detail from _creek_consumer.incompleteness
      where target = 'public.products' and cause = 'column' and detail = 'rating'""";

  private static final String FILL = "select _creek_consumer.fill('public.products', 'rating')";

  private final PostgresDatabase source;
  private final PostgresDatabase target;
  private final Supplier<Duration> clock;
  private final AtomicReference<Sample.@Nullable Column> last = new AtomicReference<>();

  /**
   * @param clock what the view calls the time
   */
  NewColumn(Stage stage, Supplier<Duration> clock) {
    this.source = stage.source();
    this.target = stage.target();
    this.clock = clock;
  }

  /** Null before the target has the column. */
  Sample.@Nullable Column last() {
    return last.get();
  }

  /**
   * Adds it; returns when all rows of the target have its values.
   *
   * @throws IllegalStateException where the target does not follow, or takes too long
   */
  void come() throws InterruptedException {
    source.execute(ADD);
    Stage.await("column " + NAME + " does not come to " + TABLE, this::isMarked);
    Duration added = clock.get();
    last.set(new Sample.Column(TABLE, NAME, added, null));
    String outcome =
        target.value(
            "call _creek_consumer.wait_for(%s, '1 min', null)".formatted(target.value(FILL)));
    if (!"ok".equals(outcome) || isMarked()) {
      throw new IllegalStateException("the fill of " + TABLE + "." + NAME + ": " + outcome);
    }
    last.set(new Sample.Column(TABLE, NAME, added, clock.get()));
  }

  /** The outcome, for the end. */
  static String described(Sample.Column column) {
    return "the source's %1$s got the column %2$s: the service added it by %3$s and marked its rows as incomplete; a fill had brought their values by %4$s"
        .formatted(
            column.table(),
            column.name(),
            View.clock(column.addedAt()),
            View.clock(Objects.requireNonNull(column.filledAt())));
  }

  private boolean isMarked() {
    return !target.query(MARK).isEmpty();
  }
}
