package dev.creek.consumer.app.config;

import dev.creek.consumer.api.BrokerCredentials;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.BrokerOptions.Reader;
import dev.creek.consumer.api.BrokerTls;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DatabaseOptions.Pooler;
import dev.creek.consumer.api.DatabaseOptions.ReplicationRole;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.app.config.Configuration.LogFormat;
import dev.creek.consumer.app.config.Configuration.LogLevel;
import dev.creek.consumer.app.config.Configuration.Logging;
import dev.creek.consumer.app.config.Configuration.Monitoring;
import dev.creek.consumer.app.config.Configuration.ServerTls;
import dev.creek.consumer.app.config.Settings.Origin;
import dev.creek.consumer.app.config.Settings.Value;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Converts text to the configuration. After a problem it continues with a substitute value, so that
 * the user sees all problems at once. Used once.
 */
final class ConfigurationReader {
  /** For commands, which try once; a service tries again, and at another host. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** The same for a request to the broker. */
  private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(15);

  private static final String CONNECT_TIMEOUT = "PGCONNECT_TIMEOUT";

  private final Settings settings;
  private final Map<String, String> environment;
  private final Configuration.Use use;
  private final List<String> problems = new ArrayList<>();

  /** Null if it was not given. */
  private @Nullable Duration connectLimit;

  ConfigurationReader(Settings settings, Map<String, String> environment, Configuration.Use use) {
    this.settings = settings;
    this.environment = environment;
    this.use = use;
    this.problems.addAll(settings.problems());
  }

  private boolean isService() {
    return use == Configuration.Use.SERVICE;
  }

  Configuration read(Configuration.Need need) {
    connectLimit = optional(Setting.CONNECT_TIMEOUT, Parse::limit);
    BrokerOptions broker = broker(need == Configuration.Need.BROKER_AND_DATABASE);
    DatabaseOptions target = target();
    // Another server: libpq's variables, which complete the target's URI, do not count.
    DatabaseOptions source = source();
    var batches =
        new Configuration.Batches(
            optional(Setting.BATCH_ROWS, text -> Parse.count(text, 1, 1_000_000), 1),
            optional(Setting.BATCH_BYTES, text -> Parse.bytes(text, 1024, 1 << 30), 1));
    var linger = optional(Setting.LINGER, Parse::linger);
    Grouping grouping = optional(Setting.GROUPING, Parse::grouping, Grouping.TABLE);
    Integer maxMessageBytes =
        optional(Setting.MAX_MESSAGE_BYTES, text -> Parse.bytes(text, 1024, 1 << 30));
    var snapshots = snapshots();
    Logging logging = logging();
    Monitoring monitoring = monitoring();
    if (!problems.isEmpty() || target == null) {
      throw new ConfigurationException(problems);
    }
    return new Configuration(
        broker,
        target,
        source,
        batches,
        linger,
        grouping,
        maxMessageBytes,
        snapshots,
        logging,
        monitoring);
  }

  private Configuration.Snapshots snapshots() {
    return new Configuration.Snapshots(
        optional(Setting.SNAPSHOTS, text -> Parse.count(text, 1, 1000), 1),
        optional(Setting.SNAPSHOT_STALL, Parse::limit, Duration.ofSeconds(1)),
        optional(Setting.PRODUCER_WAIT, Parse::limit));
  }

  Monitoring readMonitoring() {
    Monitoring monitoring = monitoring();
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return monitoring;
  }

  private @Nullable BrokerOptions broker(boolean needed) {
    if (needed) {
      require(Setting.NATS_URI);
    }
    var builder = optional(Setting.NATS_URI, BrokerOptions::builder);
    BrokerCredentials credentials = new BrokerLogin(this).read();
    BrokerTls tls = tls();
    var generation = optional(Setting.GENERATION, Parse::generation);
    var reader = optional(Setting.BROKER_READER, Parse::brokerReader, Reader.DIRECT);
    String namespace = optional(Setting.NATS_NAMESPACE, Parse::brokerNamespace, "");
    String inboxPrefix = optional(Setting.NATS_INBOX_PREFIX, Parse::inboxPrefix, "");
    Duration answerLimit = optional(Setting.ANSWER_TIMEOUT, Parse::limit);
    return builder == null || !problems.isEmpty()
        ? null
        // The client takes as long to notice a refused login; its own limit is short.
        : answeredWithin(
                answerLimit, connectLimit == null ? builder : builder.connectTimeout(connectLimit))
            .namespace(namespace)
            .inboxPrefix(inboxPrefix)
            .generation(generation)
            .reader(reader)
            .credentials(credentials)
            .tls(tls)
            .build();
  }

  private BrokerOptions.Builder answeredWithin(
      @Nullable Duration limit, BrokerOptions.Builder builder) {
    if (limit != null) {
      return builder.requestTimeout(limit).schemaTimeout(limit);
    }
    return isService() ? builder : builder.requestTimeout(ANSWER_PATIENCE);
  }

  private BrokerTls tls() {
    Path authorities = optional(Setting.NATS_TLS_CA, Parse::readableFile);
    Path certificate = optional(Setting.NATS_TLS_CERT, Parse::readableFile);
    Path key = optional(Setting.NATS_TLS_KEY, Parse::readableFile);
    boolean halfGiven = isGiven(Setting.NATS_TLS_CERT) != isGiven(Setting.NATS_TLS_KEY);
    if (halfGiven) {
      problem("--nats-tls-cert and --nats-tls-key are needed together");
    }
    return certificate == null || key == null
        ? new BrokerTls(authorities, null, null, null, null)
        : new BrokerTls(authorities, null, null, certificate, key);
  }

  private @Nullable DatabaseOptions target() {
    require(Setting.DB_URI);
    var builder =
        optional(Setting.DB_URI, text -> DatabaseOptions.builder(text, patient(environment)));
    var namespace = optional(Setting.DB_NAMESPACE, Parse::schemaName);
    var controlRole = optional(Setting.CONTROL_ROLE, Parse::roleName);
    boolean notified = optional(Setting.NOTIFIED_COMMANDS, Parse::onOrOff, false);
    var connections = optional(Setting.DB_CONNECTIONS, text -> Parse.count(text, 1, 1000));
    Pooler pooler = optional(Setting.DB_POOLER, Parse::pooler, Pooler.NONE);
    if (notified && pooler == Pooler.TRANSACTION) {
      problem(
          "--notified-commands=on needs LISTEN, which a pooler in transaction mode breaks: call the SQL functions, or connect without the pooler");
      return null;
    }
    ReplicationRole role =
        optional(Setting.SESSION_REPLICATION_ROLE, Parse::replicationRole, ReplicationRole.ORIGIN);
    Set<String> lossy = optional(Setting.LOSSY_COLUMNS, Parse::columns, Set.of());
    SchemaPolicy schemaChanges =
        optional(Setting.SCHEMA_CHANGES, Parse::schemaPolicy, SchemaPolicy.STOP);
    String password = secret(Setting.DB_PASSWORD, Setting.DB_PASSWORD_FILE);
    if (builder == null || namespace == null) {
      return null;
    }
    if (password != null) {
      builder.password(password);
    }
    if (connectLimit != null) {
      builder.connectTimeout(connectLimit);
    }
    // Not given: the URI's pool_max_conns, or the library's default.
    return (connections == null ? builder : builder.poolSize(connections))
        .controlSchema(namespace)
        .controlRole(controlRole)
        .notifiedCommands(notified)
        .pooler(pooler)
        .replicationRole(role)
        .lossyColumns(lossy)
        .schemaChanges(schemaChanges)
        .build();
  }

  private Map<String, String> patient(Map<String, String> variables) {
    if (isService() || variables.containsKey(CONNECT_TIMEOUT)) {
      return variables;
    }
    var patient = new HashMap<>(variables);
    patient.put(CONNECT_TIMEOUT, Long.toString(PATIENCE.toSeconds()));
    return patient;
  }

  private @Nullable DatabaseOptions source() {
    var builder =
        optional(Setting.SOURCE_URI, text -> DatabaseOptions.builder(text, patient(Map.of())));
    Pooler pooler = optional(Setting.SOURCE_POOLER, Parse::pooler, Pooler.NONE);
    if (builder == null) {
      return null;
    }
    return (connectLimit == null ? builder : builder.connectTimeout(connectLimit))
        .pooler(pooler)
        .build();
  }

  private Logging logging() {
    return new Logging(
        optional(Setting.LOG_LEVEL, Parse::logLevel, LogLevel.INFO),
        optional(Setting.LOG_FORMAT, Parse::logFormat, LogFormat.TEXT),
        optional(Setting.LOG_RATE, Parse::rate, 0.0),
        optional(Setting.LOG_BURST, text -> Parse.count(text, 1, 1_000_000), 1),
        isWanted(Setting.LOG_LEVEL));
  }

  private Monitoring monitoring() {
    return new Monitoring(
        optional(Setting.PROMETHEUS_ADDRESS, text -> text, ""),
        optional(Setting.PROMETHEUS_PORT, Parse::port),
        isWanted(Setting.PROMETHEUS_PORT),
        optional(Setting.STATUS_PAGE, Parse::onOrOff, true),
        optional(Setting.HTTP_TOKEN_FILE, file -> new BearerToken(Parse.secretFile(file))),
        serverTls());
  }

  private @Nullable ServerTls serverTls() {
    Path certificate = optional(Setting.HTTP_TLS_CERT, Parse::readableFile);
    Path key = optional(Setting.HTTP_TLS_KEY, Parse::readableFile);
    if (isGiven(Setting.HTTP_TLS_CERT) != isGiven(Setting.HTTP_TLS_KEY)) {
      problem("--http-tls-cert and --http-tls-key are needed together");
    }
    return certificate == null || key == null ? null : new ServerTls(certificate, key);
  }

  private boolean isWanted(Setting setting) {
    Value value = settings.find(setting);
    return value != null && value.origin() != Origin.DEFAULT;
  }

  boolean isGiven(Setting setting) {
    return settings.find(setting) != null;
  }

  private void require(Setting setting) {
    if (!isGiven(setting)) {
      problem(
          setting.option()
              + " (or "
              + setting.variable()
              + " in the environment) is missing: "
              + setting.description());
    }
  }

  /** A secret given directly or in a file, whose last line break does not count. */
  @Nullable String secret(Setting given, Setting file) {
    if (isGiven(given) && isGiven(file)) {
      problem(given.option() + " and " + file.option() + " exclude each other");
    }
    String inFile = optional(file, Parse::secretFile);
    String text = optional(given, value -> value);
    return text == null ? inFile : text;
  }

  /** The value; null if it is not set or wrong. */
  <T> @Nullable T optional(Setting setting, Function<String, @Nullable T> parse) {
    Value value = settings.find(setting);
    if (value == null) {
      return null;
    }
    try {
      return parse.apply(value.text().strip());
    } catch (IllegalArgumentException e) {
      problem(value.shown() + ": " + e.getMessage());
      return null;
    }
  }

  /** The value of a setting that has a default; the substitute if it is wrong. */
  private <T> T optional(Setting setting, Function<String, @Nullable T> parse, T standIn) {
    T parsed = optional(setting, parse);
    return parsed == null ? standIn : parsed;
  }

  void problem(String problem) {
    problems.add(problem);
  }
}
