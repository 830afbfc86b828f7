package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * PostgreSQL's own logical replication: a subscription as it is by default. That means {@code
 * synchronous_commit = off} for its commits: a crash of the target loses the last ones, and the
 * source sends them again. With {@code on} it applies a few hundred transactions a second on a disk
 * that takes two milliseconds to flush.
 */
final class NativeReplication implements Contender, Follower {
  static final String NAME = "native";

  private final Rig rig;

  NativeReplication(Rig rig) {
    this.rig = rig;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean takes(Input input) {
    return input.feed() != null;
  }

  @Override
  public Measured apply(Input input, PostgresDatabase target) {
    PostgresDatabase source = input.source().source();
    String options = "create_slot = false, copy_data = " + (input.snapshot() != null);
    try (Subscription subscription =
        Subscription.create(source, target, input.source().newSlot(), options)) {
      return new Watch(rig, target, input.dataset()).from(subscription::enable, () -> {});
    }
  }

  @Override
  public Following follow(PostgresDatabase source, PostgresDatabase target, Dataset dataset) {
    String slot = "slot_" + dataset.name();
    source.execute("select pg_create_logical_replication_slot('%s', 'pgoutput')".formatted(slot));
    Subscription subscription =
        Subscription.create(source, target, slot, "create_slot = false, copy_data = false");
    try {
      subscription.enable();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return subscription;
  }

  /** A subscription that does not run yet. Closing it removes it, with its slot. */
  record Subscription(
      PostgresDatabase source, PostgresDatabase target, String slot, Connection session)
      implements Following {
    private static final String NAME = "bench";

    static Subscription create(
        PostgresDatabase source, PostgresDatabase target, String slot, String options) {
      PostgresServer from = source.server();
      target.execute(
          """
          create subscription %s connection 'host=%s port=%d user=%s password=%s dbname=%s'
          publication %s with (slot_name = '%s', enabled = false, %s)"""
              .formatted(
                  NAME,
                  from.host(),
                  from.port(),
                  from.user(),
                  from.password(),
                  source.name(),
                  Feed.PUBLICATION,
                  slot,
                  options));
      try {
        return new Subscription(source, target, slot, target.connect());
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    void enable() throws SQLException {
      try (Statement statement = session.createStatement()) {
        statement.execute("alter subscription %s enable".formatted(NAME));
      }
    }

    @Override
    public Measured end(Measured run) {
      return run;
    }

    @Override
    public void close() {
      target.execute(
          "alter subscription %s disable".formatted(NAME),
          "alter subscription %s set (slot_name = none)".formatted(NAME),
          "drop subscription " + NAME);
      source.execute(
          """
          do $$ begin
            while exists (select from pg_replication_slots where slot_name = '%1$s' and active) loop
              perform pg_sleep(0.01);
            end loop;
            perform pg_drop_replication_slot('%1$s');
          end $$"""
              .formatted(slot));
      try {
        session.close();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
