package dev.creek.consumer.testing;

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
 * Gives tests a {@link NatsServer}.
 *
 * <pre>{@code
 * @RegisterExtension static final NatsExtension nats = NatsExtension.own();
 * }</pre>
 *
 * <p>A static field's server lives as long as the test class, an instance field's as long as one
 * test; a {@linkplain #shared shared} one as long as the test run. JetStream has no databases:
 * tests on a shared server need stream names and subjects of their own.
 */
public final class NatsExtension
    implements BeforeAllCallback,
        BeforeEachCallback,
        AfterEachCallback,
        AfterAllCallback,
        ParameterResolver {

  private final ServerLifetime<NatsServer> lifetime;

  private NatsExtension(ServerLifetime<NatsServer> lifetime) {
    this.lifetime = lifetime;
  }

  /** One server for the whole test run. It is not restarted or killed. */
  public static NatsExtension shared() {
    return new NatsExtension(
        ServerLifetime.shared(NatsServer.class, () -> NatsServer.builder().start()));
  }

  /** A server of the field's own, which tests may restart and kill. */
  public static NatsExtension own() {
    return own(NatsServer.builder());
  }

  /** The same, as the builder describes it. */
  public static NatsExtension own(NatsServer.Builder builder) {
    return new NatsExtension(ServerLifetime.own(builder::start));
  }

  public NatsServer server() {
    return lifetime.server();
  }

  /** The server, for a test that ends it; skips the test where the server is not ours to end. */
  public NatsServer restartable() {
    lifetime.requireOwn();
    Assumptions.assumeTrue(server().canRestart(), "the server is not ours to restart");
    return server();
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    lifetime.begin(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    lifetime.begin(context);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    lifetime.end(context);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    lifetime.end(context);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == NatsServer.class;
  }

  @Override
  public @Nullable Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return server();
  }
}
