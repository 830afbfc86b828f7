package dev.creek.consumer.postgres.session;

import dev.creek.consumer.api.DatabaseAddress;
import dev.creek.consumer.api.DatabaseAddress.Host;
import dev.creek.consumer.api.DatabaseAddress.Tls;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DatabaseOptions.Pooler;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.r2dbc.postgresql.MultiHostConnectionStrategy.TargetServerType;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.client.DefaultHostnameVerifier;
import io.r2dbc.postgresql.client.SSLMode;
import io.r2dbc.postgresql.client.SSLNegotiation;
import io.r2dbc.postgresql.util.LogLevel;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.TimeZone;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import reactor.core.publisher.Mono;

/** The driver's configuration from our options. Reads certificate files: it may block. */
public final class ConnectionFactories {
  /** Enough for a few statements of every table that a connection meets. */
  private static final int PREPARED_STATEMENTS = 256;

  private ConnectionFactories() {}

  /**
   * @throws IllegalArgumentException if a certificate or key cannot be read
   */
  static PostgresqlConnectionFactory of(DatabaseOptions options) {
    DatabaseAddress address = options.address();
    var settings = SessionSettings.of(options);
    var own = PostgresqlConnectionConfiguration.builder();
    own.database(address.database())
        .username(address.user())
        .applicationName(address.applicationName())
        .tcpKeepAlive(true);
    if (address.password() != null) {
      own.password(address.password().value());
    }
    if (!address.connectTimeout().isZero()) {
      own.connectTimeout(address.connectTimeout());
    }
    hosts(own, address);
    tls(own, address);
    var builder =
        options
            .customized(own)
            .timeZone(TimeZone.getTimeZone("UTC"))
            // It would look in the catalog for extensions' types, which nothing here reads or
            // binds.
            .autodetectExtensions(false)
            .codecRegistrar(
                (connection, allocator, registry) ->
                    Mono.fromRunnable(() -> registry.addFirst(new BinaryArrayCodec())))
            .codecRegistrar((connection, allocator, registry) -> settings.begin(connection))
            // Their details quote rows.
            .errorResponseLogLevel(LogLevel.OFF)
            .noticeLogLevel(LogLevel.OFF);
    sessions(builder, options.pooler(), settings);
    try {
      return new PostgresqlConnectionFactory(builder.build());
    } catch (IllegalStateException e) {
      throw new IllegalArgumentException("TLS for PostgreSQL: " + e.getMessage(), e);
    }
  }

  /**
   * Loads what the first connection needs for TLS, which is set up before the server is asked for
   * it. Takes a while, blocks, and may run beside anything.
   */
  public static void preload() {
    try {
      SslContextBuilder.forClient().trustManager(InsecureTrustManagerFactory.INSTANCE).build();
    } catch (SSLException e) {
      // The connection will report it.
    }
  }

  private static void sessions(
      PostgresqlConnectionConfiguration.Builder builder, Pooler pooler, SessionSettings settings) {
    builder.preparedStatementCacheQueries(pooler.keepsSessions() ? PREPARED_STATEMENTS : 0);
    if (pooler == Pooler.NONE) {
      builder.options(settings.startup());
    } else {
      builder.loopResources(PoolerLoops.INSTANCE);
    }
  }

  private static void hosts(
      PostgresqlConnectionConfiguration.Builder builder, DatabaseAddress address) {
    Host first = address.hosts().get(0);
    if (first.isSocket()) {
      builder.socket(first.socket());
    } else if (address.hosts().size() == 1 && !address.writableOnly()) {
      builder.host(first.name()).port(first.port());
    } else {
      address.hosts().forEach(host -> builder.addHost(host.name(), host.port()));
      builder
          .targetServerType(
              address.writableOnly() ? TargetServerType.PRIMARY : TargetServerType.ANY)
          // A remembered standby may have been promoted since.
          .hostRecheckTime(Duration.ZERO);
    }
  }

  private static void tls(
      PostgresqlConnectionConfiguration.Builder builder, DatabaseAddress address) {
    Tls tls = address.tls();
    builder.sslMode(SSLMode.valueOf(tls.mode().name()));
    if (tls.direct()) {
      direct(builder);
    }
    if (verifies(tls)) {
      verification(builder, address);
    }
    if (tls.certificate() != null && tls.key() != null) {
      builder.sslCert(tls.certificate()).sslKey(tls.key());
      builder.sslPassword(tls.keyPassword() == null ? null : tls.keyPassword().value());
    }
  }

  /**
   * Linked only if it is used: Spring Boot 3 manages version 1.0, with which everything else works.
   */
  private static void direct(PostgresqlConnectionConfiguration.Builder builder) {
    try {
      builder.sslNegotiation(SSLNegotiation.DIRECT);
    } catch (LinkageError e) {
      throw new IllegalArgumentException(
          "sslnegotiation=direct needs r2dbc-postgresql 1.1 or newer; with Spring Boot 3 set the property r2dbc-postgresql.version",
          e);
    }
  }

  /**
   * Names are checked for verify-full only, and against those of the URI. Netty would always check
   * them, but does not know them if the URI has an address; the driver would ask DNS for the name
   * of an address, which is not what the user wrote.
   */
  private static void verification(
      PostgresqlConnectionConfiguration.Builder builder, DatabaseAddress address) {
    TrustManagerFactory trusted = null;
    if (address.tls().rootCertificate() != null) {
      builder.sslRootCert(address.tls().rootCertificate());
    } else {
      trusted = trustedByJdk();
    }
    TrustManagerFactory trustedByDefault = trusted;
    builder.sslContextBuilderCustomizer(
        context -> {
          context.endpointIdentificationAlgorithm(null);
          return trustedByDefault == null ? context : context.trustManager(trustedByDefault);
        });
    builder.sslHostnameVerifier(
        (peer, session) ->
            address.hosts().stream()
                .anyMatch(host -> DefaultHostnameVerifier.INSTANCE.verify(host.name(), session)));
  }

  private static boolean verifies(Tls tls) {
    return switch (tls.mode()) {
      case VERIFY_CA, VERIFY_FULL -> true;
      case DISABLE, ALLOW, PREFER, REQUIRE -> false;
    };
  }

  /** Loaded here and once: the TLS context is built on the event loop, for each connection. */
  private static TrustManagerFactory trustedByJdk() {
    try {
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init((KeyStore) null);
      return factory;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("TLS for PostgreSQL: no trusted authorities", e);
    }
  }
}
