package dev.creek.consumer.machine;

import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.producer.Defect;
import dev.creek.consumer.testing.producer.TestProducer;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs a case: source, producer, broker, service and target, each of the case's own. Not
 * thread-safe; several cases may run at once.
 */
final class CaseRun implements AutoCloseable {
  private static final int SLOW_MILLIS = 2000;

  /** No process is ended, started and connected again in less. */
  private static final long RESTART_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final CasePlan plan;
  private final Duration timeout;
  private final List<String> log = new ArrayList<>();
  private final SourceSide source;
  private final TargetSide target;
  private final Streams streams;
  private final TestProducer producer;
  private final Service service;
  private final Tags tags;
  private final Map<String, Long> beginnings = new HashMap<>();
  private long producerEnded;

  CaseRun(Servers servers, CasePlan plan, Duration timeout) throws SQLException, IOException {
    this.plan = plan;
    this.timeout = timeout;
    PostgresDatabase of = servers.source().createDatabase();
    PostgresDatabase into = servers.target().createDatabase();
    String namespace = Servers.newNamespace();
    source = new SourceSide(of, plan.tables(), log::add);
    target = new TargetSide(into, of.name(), log::add);
    streams = new Streams(servers.streams(), plan.generation(), namespace, of.name());
    makeTarget(into);
    producer =
        TestProducer.builder()
            .source(of.uri())
            .slot(of.name())
            .nats(servers.natsUri())
            .namespace(namespace)
            .generation(plan.generation())
            .clockOffset(plan.clockOffset())
            .inFlight(64)
            .defects(
                plan.ingredients().contains(Ingredient.PUBLISHED_AGAIN)
                    ? Set.of(Defect.DUPLICATE_AFTER_RESTART)
                    : Set.of())
            .build();
    service =
        new Service(
            servers.natsUri(), namespace, uri(into), servers.grouping(), plan.schemaChanges());
    tags = new Tags(plan.tables(), source, target);
  }

  private void makeTarget(PostgresDatabase database) {
    List<String> ddl = new ArrayList<>(Kind.types());
    ddl.add("create table app.log (what text)");
    plan.tables().forEach(table -> ddl.addAll(table.targetDdl()));
    ddl.add("grant usage on schema app to public");
    ddl.add("grant insert on app.log to public");
    ddl.add("grant create on database \"" + database.name() + "\" to " + Servers.ROLE);
    database.execute(ddl.toArray(String[]::new));
  }

  private String uri(PostgresDatabase database) {
    String uri = database.patientUri();
    return plan.isLeastPrivilege()
        ? uri.replaceFirst("//[^@]*@", "//" + Servers.ROLE + ":" + Servers.ROLE + "@")
        : uri;
  }

  /** What was refused or done besides the plan, for people. */
  List<String> log() {
    return log;
  }

  List<Outcome> run() throws SQLException {
    producer.start();
    for (Act act : plan.before()) {
      perform(act);
    }
    service.initialize();
    target.look();
    service.start();
    subscribe();
    for (Act act : plan.acts()) {
      long began = System.nanoTime();
      perform(act);
      long millis = (System.nanoTime() - began) / 1_000_000;
      if (millis > SLOW_MILLIS) {
        log.add("%d ms: %s".formatted(millis, act));
      }
    }
    service.start();
    startProducer();
    target.awaitCommands();
    settle();
    Judge judge = new Judge(plan, source, target, this::isSettled, tags, beginnings, timeout);
    List<Outcome> outcomes = new ArrayList<>();
    for (Outcome outcome : judge.judge()) {
      outcomes.add(outcome.result() == Outcome.Result.MARKED ? resynced(outcome, judge) : outcome);
    }
    return outcomes;
  }

  /** A mark says that a clean snapshot ends it. One that is refused leaves the table as it was. */
  private Outcome resynced(Outcome marked, Judge judge) throws SQLException {
    target.command("resync('" + target.mapping(marked.table()) + "')");
    target.awaitCommands();
    if (!target.lastStatus(marked.table()).equals("ok")) {
      return marked;
    }
    settle();
    return judge.resynced(marked);
  }

  /** Filled from a snapshot, mostly; whoever is refused that is followed without. */
  private void subscribe() {
    for (TablePlan table : plan.tables()) {
      String name = table.name();
      String call = plan.fromEmpty().contains(name) ? "add_table" : "resync";
      target.command(call + "('" + target.mapping(name) + "')");
    }
    target.awaitCommands();
    for (TablePlan table : plan.tables()) {
      String status = target.lastStatus(table.name());
      if (!status.equals("ok")) {
        log.add(table.name() + " was refused at first: " + status);
        target.command("add_table('" + target.mapping(table.name()) + "')");
      }
      beginnings.put(table.name(), streams.lastSequence(table.name()));
    }
    target.awaitCommands();
  }

  private void perform(Act act) throws SQLException {
    if (act instanceof Act.Transaction transaction) {
      source.transact(transaction.statements());
    } else if (act instanceof Act.OnSource one) {
      source.alter(one.sql());
    } else if (act instanceof Act.OnTarget one) {
      target.attempt(one.sql());
    } else if (act instanceof Act.Deed deed) {
      perform(deed.what(), deed.table());
    }
  }

  private void perform(Act.What what, String table) throws SQLException {
    switch (what) {
      case CLEAN_SNAPSHOT -> target.command("snapshot('" + target.mapping(table) + "', 'clean')");
      case UPSERT_SNAPSHOT -> target.command("snapshot('" + target.mapping(table) + "', 'upsert')");
      case OLDER_SNAPSHOT -> applyOldest(table);
      case REMOVE_AND_ADD -> {
        target.command("remove_table('" + table + "')");
        target.command("add_table('" + target.mapping(table) + "')");
      }
      case COMMANDS_END -> awaitCommands();
      case SETTLE -> settle();
      case FOLLOW_HINTS -> followHints();
      case TAG -> tags.put();
      case STOP_SERVICE -> service.stop();
      case CRASH_SERVICE -> service.crash();
      case START_SERVICE -> service.start();
      case STOP_PRODUCER -> endProducer(producer::stop);
      case KILL_PRODUCER -> endProducer(producer::kill);
      case START_PRODUCER -> startProducer();
      case PURGE_SUBJECT -> streams.purge(table);
      case DELETE_MESSAGE -> streams.deleteLast(table);
    }
  }

  private void endProducer(Runnable end) {
    end.run();
    producerEnded = System.nanoTime();
  }

  private void startProducer() {
    if (!producer.isRunning()) {
      LockSupport.parkNanos(producerEnded + RESTART_NANOS - System.nanoTime());
      producer.start();
    }
  }

  private void applyOldest(String table) {
    if (!service.isRunning()) {
      return;
    }
    PublishedSnapshot oldest =
        service
            .consumer()
            .snapshots()
            .published(streams.table(table))
            .blockFirst(TargetSide.PATIENCE);
    if (oldest != null) {
      target.command(
          "apply_snapshot('%s', '%s', 'clean')".formatted(oldest.subject(), target.mapping(table)));
    }
  }

  /** While there is a service to carry them out. */
  private void awaitCommands() {
    if (service.isRunning()) {
      target.awaitCommands();
    }
  }

  /** Everything that can be applied is, while there is somebody to apply it. */
  private void settle() {
    if (!service.isRunning() || !producer.isRunning()) {
      return;
    }
    target.awaitCommands();
    producer.awaitCaughtUp(TargetSide.PATIENCE);
    TargetSide.await(
        "tables that are applied or have stopped: " + target.standings(),
        () -> {
          Map<String, Standing> all = target.standings();
          return plan.tables().stream().allMatch(table -> isSettled(table, all.get(table.name())));
        });
  }

  private boolean isSettled(TablePlan table, @org.jspecify.annotations.Nullable Standing standing) {
    return standing == null
        || !standing.active()
        || standing.hasStopped()
        || (standing.isStreaming() && standing.position() >= streams.lastSequence(table.name()));
  }

  private void followHints() {
    if (!service.isRunning()) {
      return;
    }
    target
        .standings()
        .forEach(
            (table, standing) -> {
              if (standing.hasStopped()) {
                target.follow(table, standing);
              }
            });
  }

  @Override
  public void close() {
    service.crash();
    producer.dropSlot();
    source.close();
    target.close();
    streams.remove();
    source.database().drop();
    target.database().drop();
  }
}
