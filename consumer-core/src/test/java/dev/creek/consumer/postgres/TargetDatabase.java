package dev.creek.consumer.postgres;

import static dev.creek.consumer.postgres.Waiting.await;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.TableWire;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A fresh database with the control schema for each test, and a {@link PostgresTarget} connected to
 * it. The target is closed and the database dropped after the test.
 *
 * <pre>{@code
 * @RegisterExtension static final TargetDatabase database = TargetDatabase.shared();
 *
 * @Test
 * void appliesAnInsert() {
 *   database.execute("create table items (id int primary key, v text)");
 *   var line = database.line(ITEMS);
 *   line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
 *   assertThat(database.rows("items")).isEqualTo("(1,a)");
 * }
 * }</pre>
 */
public final class TargetDatabase
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
  private final PostgresExtension postgres;
  private final List<PostgresTarget> opened = new ArrayList<>();
  private @Nullable PostgresDatabase database;
  private @Nullable PostgresTarget target;

  private TargetDatabase(PostgresExtension postgres) {
    this.postgres = postgres;
  }

  /** On the test run's server. */
  public static TargetDatabase shared() {
    return new TargetDatabase(PostgresExtension.shared());
  }

  /** On a server of this version that the test class has for itself. */
  public static TargetDatabase onVersion(int version) {
    return new TargetDatabase(PostgresExtension.own(PostgresServer.builder().version(version)));
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    postgres.beforeAll(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    postgres.beforeEach(context);
    database = postgres.freshDatabase();
    target = connect(DatabaseOptions.of(database.patientUri()));
    await(target.subscriptions().migrate());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    opened.forEach(connected -> await(connected.close()));
    opened.clear();
    postgres.afterEach(context);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    postgres.afterAll(context);
  }

  /** The superuser's target. */
  public PostgresTarget target() {
    return Objects.requireNonNull(target, "only within a test");
  }

  /** Another target, which is closed after the test too. */
  public PostgresTarget connect(DatabaseOptions options) {
    var connected = PostgresTarget.connect(options);
    opened.add(connected);
    return connected;
  }

  /** Another fresh database on that server, without a control schema. */
  public PostgresDatabase another() {
    return postgres.freshDatabase();
  }

  /** Subscribes the table of the same name in {@code public}, and claims it. */
  public Line line(TableWire wire) {
    return new Line(target(), wire);
  }

  public Line line(TableWire wire, TargetTable table) {
    return new Line(target(), wire, table);
  }

  /** All rows of a table in {@code public}, or of a subquery, as text and in the text's order. */
  public String rows(String table) {
    return Objects.requireNonNull(
        value(
            "select coalesce(string_agg(r::text, ' ' order by r::text), '') from %s r"
                .formatted(table)));
  }

  /**
   * Forgets why tables may be incomplete: a table that was just created is not known to be empty.
   */
  public void unmark() {
    execute("delete from _creek_consumer.incompleteness");
  }

  public PostgresDatabase database() {
    return Objects.requireNonNull(database, "only within a test");
  }

  public PostgresServer server() {
    return database().server();
  }

  public String name() {
    return database().name();
  }

  /** The same for another role. */
  public String uriAs(String role, String password) {
    return patientUri().replaceFirst("://[^@]*@", "://%s:%s@".formatted(role, password));
  }

  public String uri() {
    return database().uri();
  }

  public String patientUri() {
    return database().patientUri();
  }

  public Connection openConnection() throws SQLException {
    return database().connect();
  }

  public void execute(String... sql) {
    database().execute(sql);
  }

  public List<List<@Nullable String>> query(String sql) {
    return database().query(sql);
  }

  public @Nullable String value(String sql) {
    return database().value(sql);
  }
}
