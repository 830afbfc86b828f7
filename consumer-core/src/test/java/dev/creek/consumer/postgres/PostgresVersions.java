package dev.creek.consumer.postgres;

import static dev.creek.consumer.postgres.Waiting.await;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Servers of several versions for one test class, each started when it is first needed. */
public final class PostgresVersions implements AfterEachCallback, AfterAllCallback {
  private final Map<Integer, PostgresServer> servers = new HashMap<>();
  private final List<PostgresTarget> targets = new ArrayList<>();

  /** A fresh database, with a role that may do less than the superuser's: {@code keeper}. */
  public PostgresDatabase database(int version) {
    var database =
        servers
            .computeIfAbsent(version, v -> PostgresServer.builder().version(v).start())
            .createDatabase();
    database.execute(
        "do $$ begin create role keeper login password 'k'; create role reader; create role writer;"
            + " exception when duplicate_object then null; end $$",
        "grant create, usage on schema public to keeper");
    return database;
  }

  /** Connects as the superuser; the control schema is there. */
  public PostgresTarget connect(PostgresDatabase database) {
    return connect(DatabaseOptions.builder(database.uri(), Map.of()));
  }

  /** The same as {@code keeper}, who did not create the control schema. */
  public PostgresTarget connectAsKeeper(PostgresDatabase database) {
    await(connect(database).subscriptions().migrate());
    database.execute(
        "grant usage on schema _creek_consumer to keeper",
        "grant select, insert, update on all tables in schema _creek_consumer to keeper",
        "grant delete on _creek_consumer.incompleteness, _creek_consumer.known_targets to keeper");
    var server = database.server();
    return connect(
        DatabaseOptions.builder(
            "postgres://keeper:k@%s:%d/%s".formatted(server.host(), server.port(), database.name()),
            Map.of()));
  }

  public PostgresTarget connect(DatabaseOptions.Builder options) {
    var target = PostgresTarget.connect(options.build());
    targets.add(target);
    await(target.subscriptions().migrate());
    return target;
  }

  @Override
  public void afterEach(ExtensionContext context) {
    targets.forEach(target -> await(target.close()));
    targets.clear();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    servers.values().forEach(PostgresServer::close);
  }
}
