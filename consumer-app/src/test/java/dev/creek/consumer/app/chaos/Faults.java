package dev.creek.consumer.app.chaos;

import static dev.creek.consumer.app.chaos.Fault.Effect.NONE;
import static dev.creek.consumer.app.chaos.Fault.Effect.REPEATED;

import dev.creek.consumer.testing.TcpProxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/** All that is done to the installation. */
final class Faults {
  private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

  /** Longer than the service's lock timeout, shorter than what a test can wait for. */
  private static final int LONGEST_MILLIS = 2500;

  private static final int SLOW_BYTES_PER_SECOND = 100_000;

  private Faults() {}

  static List<Fault> all() {
    return Stream.of(
            processes(),
            network("NATS", Installation::toNats),
            network("the target", Installation::toTarget),
            database(),
            StreamFaults.all(),
            Commands.all())
        .flatMap(List::stream)
        .toList();
  }

  /** One of each kind, for those who have a minute. */
  static List<Fault> worst() {
    Set<String> names =
        Set.of(
            "service killed",
            "nats-server killed",
            "target killed",
            "producer killed",
            "connections to the target half-open",
            "stream purged");
    return all().stream().filter(fault -> names.contains(fault.name())).toList();
  }

  private static List<Fault> processes() {
    return List.of(
        new Fault(
            "service killed",
            NONE,
            (all, random) -> {
              all.service().kill();
              all.startService();
            }),
        new Fault(
            "service stopped in order",
            NONE,
            (all, random) -> {
              stop(all);
              all.startService();
            }),
        new Fault(
            "service started before its servers",
            NONE,
            (all, random) -> {
              all.service().kill();
              all.toNats().cut();
              all.toTarget().cut();
              all.startService();
              all.pause(random.nextInt(2 * LONGEST_MILLIS));
              all.toTarget().heal();
              all.pause(random.nextInt(LONGEST_MILLIS));
              all.toNats().heal();
            }),
        new Fault(
            "nats-server killed",
            REPEATED,
            (all, random) -> {
              all.nats().kill();
              all.pause(random.nextInt(LONGEST_MILLIS));
              all.nats().start();
            }),
        new Fault("nats-server restarted", REPEATED, (all, random) -> all.nats().restart()),
        new Fault(
            "target killed",
            NONE,
            (all, random) -> {
              all.targetServer().kill();
              all.pause(random.nextInt(LONGEST_MILLIS));
              all.targetServer().start();
            }),
        new Fault("target restarted", NONE, (all, random) -> all.targetServer().restart()),
        new Fault(
            "source killed",
            REPEATED,
            (all, random) -> {
              all.sourceServer().kill();
              all.sourceServer().start();
            }),
        new Fault("source restarted", REPEATED, (all, random) -> all.sourceServer().restart()),
        new Fault(
            "producer killed",
            REPEATED,
            (all, random) -> {
              all.producer().kill();
              all.startProducer();
            }),
        new Fault(
            "producer restarted",
            REPEATED,
            (all, random) -> {
              all.producer().stop();
              all.startProducer();
            }));
  }

  static void stop(Installation all) {
    int exitCode = all.service().terminate(STOP_LIMIT);
    if (exitCode != 0) {
      throw new AssertionError("the service ended with " + exitCode + ":\n" + all.service().log());
    }
  }

  private static List<Fault> network(String to, Function<Installation, TcpProxy> which) {
    return List.of(
        network("connections to %s dropped".formatted(to), which, TcpProxy::drop),
        network("connections to %s cut".formatted(to), which, TcpProxy::cut),
        network("connections to %s half-open".formatted(to), which, TcpProxy::silence),
        network(
            "connections to %s slow".formatted(to),
            which,
            proxy -> proxy.delay(Duration.ofMillis(40))),
        network(
            "connections to %s throttled".formatted(to),
            which,
            proxy -> proxy.throttle(SLOW_BYTES_PER_SECOND)));
  }

  private static Fault network(
      String name, Function<Installation, TcpProxy> which, Consumer<TcpProxy> harm) {
    return new Fault(
        name,
        NONE,
        (all, random) -> {
          TcpProxy proxy = which.apply(all);
          harm.accept(proxy);
          all.pause(random.nextInt(LONGEST_MILLIS));
          proxy.heal();
        });
  }

  private static List<Fault> database() {
    return List.of(
        new Fault(
            "sessions terminated",
            NONE,
            (all, random) -> {
              for (int i = 0; i < 5; i++) {
                terminate(all);
                all.pause(random.nextInt(200));
              }
            }),
        new Fault(
            "target read-only",
            NONE,
            (all, random) -> {
              all.target().execute("alter role creek set default_transaction_read_only = on");
              terminate(all);
              all.pause(LONGEST_MILLIS);
              all.target().execute("alter role creek reset default_transaction_read_only");
              terminate(all);
            }),
        new Fault(
            "target out of connections",
            NONE,
            (all, random) -> {
              all.target().execute("alter role creek connection limit 0");
              terminate(all);
              all.pause(LONGEST_MILLIS);
              all.target().execute("alter role creek connection limit -1");
            }),
        new Fault(
            "tables locked for longer than lock_timeout",
            NONE,
            (all, random) -> {
              try (Connection user = all.target().connect();
                  Statement statement = user.createStatement()) {
                user.setAutoCommit(false);
                statement.execute("lock table app.accounts, app.types, app.by_index");
                all.pause(LONGEST_MILLIS);
                user.rollback();
              }
            }),
        new Fault("statements slower than statement_timeout", NONE, Faults::slowTrigger),
        new Fault("deadlocks with a user's session", NONE, Faults::deadlock));
  }

  private static void terminate(Installation all) {
    all.target()
        .query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'creek'");
  }

  private static void slowTrigger(Installation all, Random random) {
    all.target()
        .execute(
            "create function effects.slow() returns trigger language plpgsql as $$"
                + " begin perform pg_sleep(7); return new; end $$",
            "create trigger slow before insert or update on app.accounts"
                + " for each row execute function effects.slow()");
    all.pause(3 * LONGEST_MILLIS);
    all.target().execute("drop function effects.slow() cascade");
  }

  /** The service writes the position first and then rows; this session does it the other way. */
  private static void deadlock(Installation all, Random random) throws SQLException {
    try (Connection user = all.target().connect();
        Statement statement = user.createStatement()) {
      user.setAutoCommit(false);
      for (int i = 0; i < 5; i++) {
        try {
          statement.execute("set local lock_timeout = '1s'");
          statement.execute("select from app.accounts for update");
          all.pause(random.nextInt(300));
          statement.execute(
              "select from _creek_consumer.subscriptions where target = 'app.accounts' for update");
        } catch (SQLException e) {
          if (!e.getSQLState().equals("40P01") && !e.getSQLState().equals("55P03")) {
            throw e;
          }
        }
        user.rollback();
      }
    }
  }
}
