package dev.creek.consumer.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a {@link PostgresServer} and fresh databases on it.
 *
 * <pre>{@code
 * @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
 *
 * @Test
 * void appliesAnInsert(PostgresDatabase database) { … }
 * }</pre>
 *
 * <p>A static field's server lives as long as the test class, an instance field's as long as one
 * test; a {@linkplain #shared shared} one as long as the test run. Databases that a test asked for
 * are dropped after it, those of {@code @BeforeAll} go away with the server.
 */
public final class PostgresExtension
    implements BeforeAllCallback,
        BeforeEachCallback,
        AfterEachCallback,
        AfterAllCallback,
        ParameterResolver {

  private final ServerLifetime<PostgresServer> lifetime;
  private final List<PostgresDatabase> ofThisTest = new ArrayList<>();
  private boolean inTest;

  private PostgresExtension(ServerLifetime<PostgresServer> lifetime) {
    this.lifetime = lifetime;
  }

  /** One server for the whole test run. It is not restarted or killed. */
  public static PostgresExtension shared() {
    return new PostgresExtension(
        ServerLifetime.shared(PostgresServer.class, () -> PostgresServer.builder().start()));
  }

  /** A server of the field's own, which tests may restart and kill. */
  public static PostgresExtension own() {
    return own(PostgresServer.builder());
  }

  /** The same, as the builder describes it. */
  public static PostgresExtension own(PostgresServer.Builder builder) {
    Supplier<PostgresServer> start = builder::start;
    return new PostgresExtension(ServerLifetime.own(start));
  }

  public PostgresServer server() {
    return lifetime.server();
  }

  /** The server, for a test that ends it; skips the test where the server is not ours to end. */
  public PostgresServer restartable() {
    lifetime.requireOwn();
    Assumptions.assumeTrue(server().canRestart(), "the server is not ours to restart");
    return server();
  }

  /** An empty database that nobody else uses. */
  public PostgresDatabase freshDatabase() {
    PostgresDatabase database = server().createDatabase();
    if (inTest) {
      ofThisTest.add(database);
    }
    return database;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    lifetime.begin(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    lifetime.begin(context);
    inTest = true;
  }

  @Override
  public void afterEach(ExtensionContext context) {
    inTest = false;
    if (!ofThisTest.isEmpty() && outlives(context)) {
      ofThisTest.forEach(PostgresDatabase::drop);
    }
    ofThisTest.clear();
    lifetime.end(context);
  }

  /** Whether there is a server from which this test's databases have to be dropped. */
  private boolean outlives(ExtensionContext context) {
    boolean goesAway = lifetime.endsWith(context) && server().canRestart();
    return !goesAway && server().isRunning();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    lifetime.end(context);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == PostgresServer.class || type == PostgresDatabase.class;
  }

  @Override
  public @Nullable Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == PostgresServer.class ? server() : freshDatabase();
  }
}
