package dev.creek.consumer.postgres.control;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.Waiting;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.wire.WalSchema;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Several that create the same schema or table at once: all of them find it there afterwards. */
final class CreationRacesIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");
  private static final int AT_ONCE = 8;

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private final List<PostgresTarget> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(target -> await(target.close()));
  }

  private PostgresTarget connect(PostgresDatabase database) {
    var target = PostgresTarget.connect(DatabaseOptions.of(database.patientUri()));
    opened.add(target);
    return target;
  }

  private static Mono<Boolean> create(PostgresTarget target, String table) {
    return target
        .tables()
        .createTable(
            new TargetTable("fresh", table),
            WalSchema.parse(ITEMS.fingerprint(), ITEMS.schemaText()));
  }

  /**
   * Begins the work while another transaction has made the same thing and not committed it, which
   * the work cannot see; commits that once the work waits for it.
   */
  private static <T> T lateBy(PostgresDatabase database, Mono<T> work, String... rival)
      throws SQLException {
    try (Connection other = database.connect()) {
      other.setAutoCommit(false);
      try (var statement = other.createStatement()) {
        for (String sql : rival) {
          statement.execute(sql);
        }
      }
      CompletableFuture<T> late = work.toFuture();
      org.awaitility.Awaitility.await()
          .atMost(Waiting.LIMIT)
          .failFast("it did not wait", () -> late.isDone())
          .until(
              () ->
                  database
                      .value(
                          "select count(*) from pg_stat_activity where datname = current_database()"
                              + " and wait_event_type = 'Lock'")
                      .equals("1"));
      other.commit();
      return await(Mono.fromFuture(late));
    }
  }

  @Test
  void aSchemaThatAnotherCreatesMeanwhileIsUsed(PostgresDatabase database) throws SQLException {
    assertThat(lateBy(database, create(connect(database), "a"), "create schema fresh")).isTrue();
    assertThat(database.value("select count(*) from fresh.a")).isEqualTo("0");
  }

  @Test
  void aTableThatAnotherCreatesMeanwhileIsFoundAndJudged(PostgresDatabase database)
      throws SQLException {
    database.execute("create schema fresh");
    assertThat(
            lateBy(
                database,
                create(connect(database), "a"),
                "create table fresh.a (id int primary key, v text)"))
        .isFalse();
    assertThatThrownBy(
            () ->
                lateBy(
                    database,
                    create(connect(database), "b"),
                    "create table fresh.b (id int primary key)"))
        .hasMessageContaining("does not fit the source");
  }

  @Test
  void schemaAndTableThatAnotherCreatesMeanwhileAreFound(PostgresDatabase database)
      throws SQLException {
    assertThat(
            lateBy(
                database,
                create(connect(database), "a"),
                "create schema fresh",
                "create table fresh.a (id int primary key, v text)"))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "create domain fresh.a as int, already exists",
    "create view fresh.a as select 1, is not a table",
    "create sequence fresh.a, is not a table"
  })
  void whatStaysInTheWayIsStillAnError(String other, String described, PostgresDatabase database) {
    database.execute("create schema fresh", other);
    assertThatThrownBy(() -> await(create(connect(database), "a"))).hasMessageContaining(described);
  }

  @Test
  void manyTablesIntoANewSchemaAtOnce(PostgresDatabase database) {
    List<Boolean> created =
        await(
            Flux.fromStream(IntStream.range(0, AT_ONCE).boxed())
                .flatMap(i -> create(connect(database), "t" + i % (AT_ONCE / 2)), AT_ONCE)
                .collectList());
    assertThat(created).hasSize(AT_ONCE);
    assertThat(created.stream().filter(each -> each)).hasSize(AT_ONCE / 2);
  }

  @Test
  void aControlSchemaThatAnotherCreatesMeanwhileIsFilled(PostgresDatabase database)
      throws SQLException {
    var target = connect(database);
    lateBy(
        database,
        target.subscriptions().migrate().thenReturn(true),
        "create schema _creek_consumer");
    assertThat(await(target.subscriptions().all().collectList())).isEmpty();
  }

  @Test
  void servicesAndAnAdministratorWhoCreateTheControlSchemaAtOnce(PostgresDatabase database) {
    String sql = PostgresTarget.controlSql("_creek_consumer", null, null);
    Stream<Mono<Void>> all =
        IntStream.range(0, AT_ONCE)
            .mapToObj(
                i ->
                    i % 3 == 0
                        ? Mono.<Void>fromFuture(
                            CompletableFuture.runAsync(() -> database.execute(sql)))
                        : connect(database).subscriptions().migrate());
    await(Mono.when(all.toList()));
    assertThat(database.value("select count(*) = max(version) from _creek_consumer._version"))
        .isEqualTo("t");
    assertThat(await(connect(database).subscriptions().all().collectList())).isEmpty();
  }
}
