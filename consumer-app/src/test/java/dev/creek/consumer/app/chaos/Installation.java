package dev.creek.consumer.app.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.ConsumerOptions;
import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.TableComparison;
import dev.creek.consumer.testing.TcpProxy;
import dev.creek.consumer.testing.producer.Defect;
import dev.creek.consumer.testing.producer.TestProducer;
import dev.creek.consumer.testing.workload.EffectLog;
import dev.creek.consumer.testing.workload.RandomWorkload;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.Connection;
import io.nats.client.Nats;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Source, producer, broker, the packaged service and target, each to be ended and started again at
 * will, under a random workload. Everything keeps its address.
 */
final class Installation implements AutoCloseable {
  static final Duration PATIENCE = Patience.LIMIT;

  /** Short lives: better code would not pay off. */
  private static final String[] JVM = {"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"};

  /** Small, so that messages of several packets are nothing special. */
  private static final int MAX_PAYLOAD = 32_768;

  private static final String LOGS = "chaos.logs";
  private static final int IN_FLIGHT = 256;

  /** A source or producer that ends leaves snapshots without an end. */
  private static final String SNAPSHOT_STALL = "10s";

  /**
   * Longer than faults of the network keep the rest of a source transaction back: by default a
   * pause of some 20 ms ends it, as nothing on the wire does.
   */
  private static final String GROUP_LINGER = "10s";

  private static final String DEADLOCK_TIMEOUT = "200ms";

  /** Bounds that faults can run into. */
  private static final String OPTIONS =
      "?connect_timeout=60&options=-c%20lock_timeout%3D1000%20-c%20statement_timeout%3D5000";

  private final Generation generation;
  private final Grouping grouping;
  private final Deque<AutoCloseable> running = new ArrayDeque<>();
  private final PostgresServer sourceServer;
  private final PostgresServer targetServer;
  private final PostgresDatabase source;
  private final PostgresDatabase target;
  private final NatsServer nats;
  private final TestProducer producer;
  private final RandomWorkload workload;
  private final EffectLog changes;
  private final EffectLog effects;
  private final TcpProxy toNats;
  private final TcpProxy toTarget;
  private @Nullable ServiceProcess service;
  private int services;

  /**
   * Everything but the service runs when it returns.
   *
   * @param which of the workload's tables
   */
  Installation(Generation generation, long seed, UnaryOperator<RandomWorkload.Builder> which) {
    this(generation, Grouping.TABLE, seed, which);
  }

  /**
   * The same.
   *
   * @param grouping of the service; by database there are {@link PairedTables} as well
   */
  Installation(
      Generation generation,
      Grouping grouping,
      long seed,
      UnaryOperator<RandomWorkload.Builder> which) {
    this.generation = generation;
    this.grouping = grouping;
    try {
      sourceServer = keep(PostgresServer.builder().start());
      targetServer =
          keep(PostgresServer.builder().setting("deadlock_timeout", DEADLOCK_TIMEOUT).start());
      nats = keep(NatsServer.builder().maxPayload(MAX_PAYLOAD).start());
      source = sourceServer.createDatabase("source");
      target = targetServer.createDatabase("target");
      workload = keep(which.apply(RandomWorkload.of(source, seed).follow(target)).build());
      workload.createSource();
      workload.createTarget(target);
      if (grouping == Grouping.DATABASE) {
        PairedTables.create(source);
        PairedTables.create(target);
      }
      changes = EffectLog.install(source, workload.versionedTables());
      effects = EffectLog.install(target, workload.versionedTables());
      producer =
          keep(
              TestProducer.builder()
                  .source(source.uri())
                  .tables(tables().toArray(String[]::new))
                  .nats(nats.uri())
                  .generation(generation)
                  .inFlight(IN_FLIGHT)
                  .defects(Defect.DUPLICATE_AFTER_RESTART)
                  .start());
      toNats = keep(TcpProxy.to(nats.host(), nats.port()));
      toTarget = keep(TcpProxy.to(targetServer.host(), targetServer.port()));
      subscribe();
      watchPositions();
      hireService();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private <T extends AutoCloseable> T keep(T started) {
    running.push(started);
    return started;
  }

  private void subscribe() {
    ConsumerOptions options =
        ConsumerOptions.of(
            BrokerOptions.builder(nats.uri()).build(), DatabaseOptions.of(target.patientUri()));
    try (CreekConsumer consumer = CreekConsumer.create(options)) {
      for (String table : tables()) {
        consumer.tables().add(Mapping.parse(mapping(table))).block(PATIENCE);
      }
    }
  }

  private void watchPositions() {
    target.execute(
        "create table effects.setbacks (target text, was bigint, now bigint)",
        """
        create function effects.watch() returns trigger language plpgsql as $$
        begin
          if new.stream_seq < old.stream_seq then
            insert into effects.setbacks values (new.target, old.stream_seq, new.stream_seq);
          end if;
          return new;
        end $$""",
        "create trigger watch after update on _creek_consumer.subscriptions for each row execute function effects.watch()");
  }

  /** The service is no superuser, as these are above limits of connections. */
  private void hireService() {
    target.execute(
        "create role creek login password 'creek'",
        "grant create on database target to creek",
        """
        do $$
        declare statement text;
        begin
          for statement in
            select format('alter schema %I owner to creek', nspname) from pg_namespace
            where nspname in ('app', 'effects', '_creek_consumer')
          union all
            select format('alter table %s owner to creek', oid::regclass) from pg_class
            where relnamespace::regnamespace::text in ('app', 'effects', '_creek_consumer')
              and relkind in ('r', 'p')
          union all
            select format('alter routine %s owner to creek', oid::regprocedure) from pg_proc
            where pronamespace::regnamespace::text in ('effects', '_creek_consumer')
          loop
            execute statement;
          end loop;
        end $$""");
  }

  PostgresServer sourceServer() {
    return sourceServer;
  }

  PostgresServer targetServer() {
    return targetServer;
  }

  NatsServer nats() {
    return nats;
  }

  TestProducer producer() {
    return producer;
  }

  TcpProxy toNats() {
    return toNats;
  }

  TcpProxy toTarget() {
    return toTarget;
  }

  PostgresDatabase source() {
    return source;
  }

  PostgresDatabase target() {
    return target;
  }

  EffectLog effects() {
    return effects;
  }

  /** All that are subscribed. */
  List<String> tables() {
    return grouping == Grouping.TABLE
        ? workload.tables()
        : Stream.concat(workload.tables().stream(), PairedTables.TABLES.stream()).toList();
  }

  RandomWorkload workload() {
    return workload;
  }

  ServiceProcess service() {
    if (service == null) {
      throw new IllegalStateException("the service does not run");
    }
    return service;
  }

  /**
   * Starts the service, again where it runs.
   *
   * @param options more of its JVM
   */
  void startService(String... options) {
    closeService();
    service =
        ServiceProcess.of("serve")
            .environment("NATS_URI", "nats://127.0.0.1:" + toNats.port())
            .environment(
                "DB_URI",
                "postgres://creek:creek@127.0.0.1:" + toTarget.port() + "/target" + OPTIONS)
            .environment("PROMETHEUS_PORT", "off")
            .environment("GROUPING", grouping.stored())
            .environment("LINGER", grouping == Grouping.DATABASE ? GROUP_LINGER : "auto")
            // Columns that are dropped on the source stay on the target.
            .environment("SCHEMA_CHANGES", "add")
            .environment("SNAPSHOT_STALL", SNAPSHOT_STALL)
            .jvmOptions(JVM)
            .jvmOptions(options)
            .start();
  }

  private void closeService() {
    if (service != null) {
      keepLog(service);
      service.close();
      service = null;
    }
  }

  /** What the service said, where the property {@value #LOGS} names a folder for it. */
  private void keepLog(ServiceProcess ended) {
    String folder = System.getProperty(LOGS);
    if (folder == null) {
      return;
    }
    try {
      Path log = Path.of(folder, "%s-%03d.log".formatted(generation, ++services));
      Files.createDirectories(log.getParent());
      Files.writeString(log, ended.log());
    } catch (IOException e) {
      throw new UncheckedIOException("could not keep the service's log", e);
    }
  }

  /** A table of the source, and the one of the same name at the target. */
  static String mapping(String table) {
    return "source.%1$s:%1$s".formatted(table);
  }

  /** Starts the producer again, as soon as the source has let go of the slot of the last one. */
  void startProducer() {
    await().atMost(PATIENCE).ignoreExceptions().until(() -> producer.start().isRunning());
  }

  /** The stream of changes. */
  String walStream() {
    return generation == Generation.OLD ? "CREEK_wal" : "CREEK_wal_source";
  }

  /** Where changes of a table are in it. */
  String walSubject(String table) {
    int dot = table.indexOf('.');
    return new Subjects(generation, "CREEK")
        .walSubject(new SourceTable("source", table.substring(0, dot), table.substring(dot + 1)));
  }

  long lastSequence() throws Exception {
    try (Connection connection = Nats.connect(nats.uri())) {
      return connection
          .jetStreamManagement()
          .getStreamInfo(walStream())
          .getStreamState()
          .getLastSequence();
    }
  }

  /** Lets things go their way for a while. */
  void pause(long millis) {
    LockSupport.parkNanos(Duration.ofMillis(millis).toNanos());
  }

  void awaitThat(Callable<Boolean> condition) {
    await().atMost(PATIENCE).ignoreExceptions().until(condition);
  }

  /** Tables that miss changes, by what they say themselves. */
  List<String> gaps() {
    return column(
        "select target from _creek_consumer.subscriptions"
            + " where state = 'gap' and hint like '%replaces all rows%'");
  }

  /** Tables that are not as they should be at rest. */
  List<String> troubled() {
    return column(
        "select concat_ws(' ', target, 'is', state, reason) from _creek_consumer.subscriptions"
            + " where state is distinct from 'streaming' or reason is not null");
  }

  /** Tables that are marked as perhaps not complete, and why. */
  List<String> marked() {
    return column(
        "select concat_ws(' ', target, 'is incomplete:', incomplete) from _creek_consumer.subscriptions"
            + " where incomplete is not null");
  }

  /** Waits until these say so. */
  void awaitGaps(List<String> expected) {
    awaitThat(() -> gaps().containsAll(expected));
  }

  List<String> targets() {
    return targetsBeyond(-1);
  }

  /** Tables that have applied what comes after this sequence. */
  List<String> targetsBeyond(long sequence) {
    return column(
        "select target from _creek_consumer.subscriptions where stream_seq > " + sequence);
  }

  /** Calls a function of the control schema; returns the command's id. */
  long submit(String function, String argument) {
    return Long.parseLong(
        target.value("select _creek_consumer." + function.formatted(argument.replace("'", "''"))));
  }

  /** Waits for the command's end; its status. */
  String awaitEnd(long id) {
    return target.value(
        "call _creek_consumer.wait_for(%d, '%d s', null)".formatted(id, PATIENCE.toSeconds()));
  }

  void awaitCommand(long id) {
    String status = awaitEnd(id);
    if (!"ok".equals(status)) {
      throw new AssertionError("command %d: %s%n%s".formatted(id, status, situation()));
    }
  }

  void command(String function, String argument) {
    awaitCommand(submit(function, argument));
  }

  /** Messages applied so far: how far all tables are, together. */
  long applied() {
    return Long.parseLong(
        target.value("select coalesce(sum(stream_seq), 0) from _creek_consumer.subscriptions"));
  }

  /** Waits until the tables are so much further. */
  void awaitProgress(long messages) {
    long due = applied() + messages;
    await()
        .atMost(PATIENCE)
        .failFast("the service has ended", () -> !service().isAlive())
        .until(() -> applied() >= due);
  }

  /** Waits until all that was committed is on the broker, through outages of either. */
  void awaitPublished() {
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () -> {
              producer.awaitCaughtUp(PATIENCE);
              return true;
            });
  }

  /** Holds at rest: the target is what the source is, and nothing took effect twice. */
  void assertEqual() {
    awaitPublished();
    assertThat(comparison().awaitSettled(PATIENCE).stream().filter(table -> !table.equal()))
        .as(this::situation)
        .isEmpty();
    assertThat(producer.drops()).isEmpty();
    assertThat(setbacks()).isEmpty();
    List<String> insertOnly = workload.insertOnlyTables();
    if (!insertOnly.isEmpty()) {
      assertThat(effects.repeated(insertOnly)).isEmpty();
      assertThat(effects.sum(insertOnly)).isEqualTo(changes.sum(insertOnly));
    }
  }

  TableComparison comparison() {
    TableComparison all = workload.comparison(target);
    if (grouping == Grouping.DATABASE) {
      PairedTables.TABLES.forEach(table -> all.table(table, table));
    }
    return all;
  }

  /** The service's sessions at the target. */
  int sessions() {
    return Integer.parseInt(
        target.value("select count(*) from pg_stat_activity where usename = 'creek'"));
  }

  /** Positions that went back; only a snapshot may do that. */
  List<String> setbacks() {
    return column(
        "select format('%s went back from %s to %s', target, was, now) from effects.setbacks");
  }

  private List<String> column(String sql) {
    return target.query(sql).stream().map(row -> String.valueOf(row.get(0))).toList();
  }

  void forgetSetbacks() {
    target.execute("truncate effects.setbacks");
  }

  /** Where nothing was published twice, not even rows with a key were written twice. */
  void assertEachEffectOnce() {
    assertThat(effects.unexplained(workload.versionedTables())).isEmpty();
    assertThat(effects.repeated(workload.versionedTables())).isEmpty();
  }

  String situation() {
    return "%s%n%s"
        .formatted(
            target.query(
                "select concat_ws(' | ', target, state, reason, hint) from _creek_consumer.subscriptions where reason is not null"),
            service == null ? "" : service.logTail());
  }

  @Override
  public void close() {
    closeService();
    while (!running.isEmpty()) {
      try {
        running.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException("could not be ended: " + e.getMessage(), e);
      }
    }
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "applied %,d, committed %,d", applied(), workload.committed());
  }
}
