package dev.creek.consumer.app.config;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All settings, in one table. The spellings of a setting are derived from its name: {@code
 * NATS_URI} is the option {@code --nats-uri}, the environment variable {@code NATS_URI} and the key
 * {@code nats-uri} of a file.
 */
public enum Setting {
  NATS_URI(
      Topic.BROKER,
      Secrecy.BROKER_URI,
      "URI[,URI...]",
      null,
      "Servers of the broker, e.g. nats://127.0.0.1:4222; tls:// for TLS."),
  NATS_NAMESPACE(Topic.BROKER, "NAME", "CREEK", "First part of the producer's stream names."),
  NATS_INBOX_PREFIX(
      Topic.BROKER,
      "NAME",
      "_INBOX",
      "First part of the subjects for answers. A separate one keeps other users of the account "
          + "from reading them."),
  GENERATION(Topic.BROKER, "WHICH", "auto", "Generation of the Creek producer: old, new or auto."),
  NATS_CREDS(Topic.BROKER, "FILE", null, "Credentials file (JWT and nkey)."),
  NATS_USER(Topic.BROKER, "NAME", null, "User, if not in the URI."),
  NATS_PASSWORD(
      Topic.BROKER,
      Secrecy.SECRET,
      "TEXT",
      null,
      "The user's password. Others can read options with ps: prefer the file or the environment."),
  NATS_PASSWORD_FILE(Topic.BROKER, "FILE", null, "File that holds the password."),
  NATS_TOKEN(
      Topic.BROKER, Secrecy.SECRET, "TEXT", null, "Token. Prefer the file or the environment."),
  NATS_TOKEN_FILE(Topic.BROKER, "FILE", null, "File that holds the token."),
  NATS_TLS_CA(
      Topic.BROKER,
      "FILE",
      null,
      "PEM file with the broker's certificate authorities. Turns TLS on."),
  NATS_TLS_CERT(Topic.BROKER, "FILE", null, "PEM file with the client certificate. Turns TLS on."),
  NATS_TLS_KEY(Topic.BROKER, "FILE", null, "PEM file of its key (PKCS#8)."),
  BROKER_READER(
      Topic.BROKER,
      "READER",
      "direct",
      "How messages are read from the connection: direct, or client for the NATS client's own "
          + "way, which takes more processor time. Use client if you suspect a fault in direct."),
  ANSWER_TIMEOUT(
      Topic.BROKER,
      "TIME",
      null,
      "How long to wait for an answer of the broker, and of the producer when it is asked for a "
          + "schema, such as 60s on a busy machine. Default: broker 15s, or 5s for serve, which asks "
          + "again; producer 5s, after which the schema counts as unknown."),

  DB_URI(
      Topic.TARGET,
      Secrecy.DATABASE_URI,
      "URI",
      null,
      "Target database, e.g. postgres://me@host:5432/name?sslmode=verify-full."),
  DB_NAMESPACE(Topic.TARGET, "NAME", "_creek_consumer", "Schema for the consumer's own tables."),
  CONTROL_ROLE(
      Topic.TARGET,
      "NAME",
      null,
      "Role whose members may call the SQL functions; the service grants it the privileges when "
          + "it starts."),
  NOTIFIED_COMMANDS(
      Topic.TARGET,
      "SWITCH",
      "off",
      "Carry out commands in the payload of a NOTIFY, as the Go consumer did: on or off. Any "
          + "role may send them."),
  DB_PASSWORD(
      Topic.TARGET,
      Secrecy.SECRET,
      "TEXT",
      null,
      "The role's password; overrides the URI's. Prefer the file or the environment."),
  DB_PASSWORD_FILE(Topic.TARGET, "FILE", null, "File that holds the password."),
  DB_CONNECTIONS(
      Topic.TARGET,
      "COUNT",
      null,
      "Maximum number of connections to the target database, besides the one that listens. "
          + "Default: the URI's pool_max_conns, or 8."),
  DB_POOLER(
      Topic.TARGET,
      "MODE",
      "none",
      "The pooler between this program and the target, such as PgBouncer, by its pool_mode: "
          + "none, session or transaction."),
  SESSION_REPLICATION_ROLE(
      Topic.TARGET,
      "ROLE",
      "origin",
      "origin or replica. With replica, rows are written as PostgreSQL's own replication writes"
          + " them: foreign keys are not checked, and of triggers and rules only those with ENABLE"
          + " REPLICA or ENABLE ALWAYS fire. Needs a privilege, which check names."),
  LOSSY_COLUMNS(
      Topic.TARGET,
      "COLUMN[,COLUMN...]",
      null,
      "Columns, as schema.table.column, whose types may round or cut values when they are "
          + "stored. In all other columns the first value that would change stops its table."),

  SCHEMA_CHANGES(
      Topic.TARGET,
      "POLICY",
      "stop",
      "What is done when the source's tables get other columns, types or keys, if set-schema-changes "
          + "does not say otherwise: stop, add (add columns, widen types), follow (also alter keys, drop NOT "
          + "NULL, add labels to enums) or ignore. A role that may not alter a table stops with the "
          + "statement."),

  CONNECT_TIMEOUT(
      Topic.TARGET,
      "TIME",
      null,
      "Time limit of one attempt to connect to the target, the source or the broker, e.g. 90s. "
          + "Default: the URI's connect_timeout, or 60s, or 10s for serve, which tries again; for the "
          + "broker 3s."),

  LINGER(
      Topic.APPLY,
      "TIME",
      "auto",
      "How long a table that has caught up waits for more of the last source transaction, e.g. 5ms. auto adapts between 1 and"
          + " 20 ms, in groups up to 250 ms; 0 is fastest and may show a transaction in parts."),
  GROUPING(
      Topic.APPLY,
      "SCOPE",
      "table",
      "The tables that are applied together: table for each alone, or database for all of a source"
          + " database. Tables in a named group are together in either case."),
  BATCH_ROWS(Topic.APPLY, "COUNT", "5000", "Maximum number of changes in one write."),
  BATCH_BYTES(Topic.APPLY, "SIZE", "1MiB", "Maximum message bytes in one write (e.g. 512KiB)."),
  MAX_MESSAGE_BYTES(
      Topic.APPLY,
      "SIZE",
      null,
      "Longest message (a change of one row) to apply; a longer one stops its table. Default: a "
          + "twelfth of the heap beyond 64 MiB, at most 256MiB."),
  SNAPSHOTS(
      Topic.APPLY,
      "COUNT",
      "2",
      "Maximum number of snapshots that are applied at once; others wait for their turn."),
  SNAPSHOT_STALL(
      Topic.APPLY,
      "TIME",
      "60s",
      "How long a snapshot may stand still before it is given up; its producer may have died."),
  PRODUCER_WAIT(
      Topic.APPLY,
      "TIME",
      null,
      "How long a command that needs a snapshot repeats its request while no producer answers, "
          + "e.g. 8h if the source may be away that long. Default: twice --snapshot-stall."),

  LOG_LEVEL(
      Topic.LOGGING,
      "LEVEL",
      "info",
      "error, warn, info, debug or trace (also fatal, panic, warning). Commands other than "
          + "serve use warn by default."),
  LOG_FORMAT(
      Topic.LOGGING,
      "FORMAT",
      "text",
      "text, or json: one object per line, with time, level, logger, message and further fields "
          + "such as table."),
  LOG_RATE(
      Topic.LOGGING,
      "COUNT",
      "30",
      "Maximum number of log lines a second; 0 for no limit. Omitted lines are counted."),
  LOG_BURST(Topic.LOGGING, "COUNT", "10", "Maximum number of log lines at once within that."),

  SOURCE_URI(
      Topic.SOURCE,
      Secrecy.DATABASE_URI,
      "URI",
      null,
      "Source database, e.g. postgres://me@host:5432/shop; a role that may read the tables is enough."),

  SOURCE_POOLER(
      Topic.SOURCE,
      "MODE",
      "none",
      "The pooler between this program and the source, by its pool_mode: none, session or "
          + "transaction."),

  PROMETHEUS_PORT(
      Topic.SERVE,
      "PORT",
      "8080",
      "Port of the status page, /metrics, /livez and /readyz; 0 for any free one, off for none."),
  PROMETHEUS_ADDRESS(
      Topic.SERVE,
      "ADDRESS",
      "127.0.0.1",
      "Address to listen on; 0.0.0.0 for all, as a container needs."),
  STATUS_PAGE(Topic.SERVE, "WHICH", "on", "Serve a status page at / (and /api/status): on or off."),
  HTTP_TOKEN_FILE(
      Topic.SERVE,
      "FILE",
      null,
      "File that holds a token. The page and /metrics then require 'Authorization: Bearer ...'."),
  HTTP_TLS_CERT(
      Topic.SERVE,
      "FILE",
      null,
      "PEM file with the server certificate and its chain. All paths then use HTTPS."),
  HTTP_TLS_KEY(Topic.SERVE, "FILE", null, "PEM file of its key (PKCS#8).");

  /** The topic of a setting; it determines where help shows it. */
  public enum Topic {
    BROKER("Broker"),
    TARGET("Target database"),
    APPLY("Applying changes"),
    LOGGING("Logging"),
    /** Only verbs that use it take these as options. */
    SOURCE("Source database"),
    /** Only {@code serve}, and commands that query it, take these as options. */
    SERVE("Monitoring");

    private final String title;

    Topic(String title) {
      this.title = title;
    }

    public String title() {
      return title;
    }
  }

  private enum Secrecy {
    NONE,
    /** May contain a password or token, which is not shown. */
    BROKER_URI,
    /** May contain a password, which is not shown. */
    DATABASE_URI,
    /** Never shown. */
    SECRET
  }

  private final Topic topic;
  private final Secrecy secrecy;
  private final String label;
  private final @Nullable String fallback;
  private final String description;

  /** A setting that holds no secret. */
  Setting(Topic topic, String label, @Nullable String fallback, String description) {
    this(topic, Secrecy.NONE, label, fallback, description);
  }

  Setting(
      Topic topic, Secrecy secrecy, String label, @Nullable String fallback, String description) {
    this.topic = topic;
    this.secrecy = secrecy;
    this.label = label;
    this.fallback = fallback;
    this.description = description;
  }

  /** {@code --nats-uri}. */
  public String option() {
    return "--" + key();
  }

  /** {@code NATS_URI}. */
  public String variable() {
    return name();
  }

  /** {@code nats-uri}: in a file, and where settings are listed. */
  public String key() {
    return spelled(name());
  }

  static String spelled(String name) {
    return name.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The setting of a key in a file, in any of its spellings; null if there is none. */
  static @Nullable Setting find(String key) {
    String spelled = spelled(key);
    return Stream.of(values()).filter(s -> s.key().equals(spelled)).findFirst().orElse(null);
  }

  static List<String> keys() {
    return Stream.of(values()).map(Setting::key).toList();
  }

  public Topic topic() {
    return topic;
  }

  /** The placeholder for the value in help; one of its own if there are {@link #choices}. */
  public String label() {
    return label;
  }

  /** The default as the user would write it; null if there is none. */
  public @Nullable String fallback() {
    return fallback;
  }

  public String description() {
    return description;
  }

  /** All possible values, for completion; empty if they cannot be listed. */
  public List<String> choices() {
    return switch (this) {
      case GENERATION -> List.of("auto", "old", "new");
      case BROKER_READER -> List.of("direct", "client");
      case LOG_LEVEL -> List.of("error", "warn", "info", "debug", "trace");
      case LOG_FORMAT -> List.of("text", "json");
      case NOTIFIED_COMMANDS -> List.of("off", "on");
      case GROUPING -> List.of("table", "database");
      case SCHEMA_CHANGES -> List.of("stop", "add", "follow", "ignore");
      case SESSION_REPLICATION_ROLE -> List.of("origin", "replica");
      case DB_POOLER, SOURCE_POOLER -> List.of("none", "session", "transaction");
      default -> List.of();
    };
  }

  /** Tells whether the value is the name of a file. */
  public boolean isFile() {
    return label.equals("FILE");
  }

  /** Tells whether other users must not read the value. */
  boolean holdsSecret(String value) {
    return !value.isBlank() && shown(value).contains(Redaction.HIDDEN);
  }

  /** The value without its secret part. */
  public String shown(String value) {
    return switch (secrecy) {
      case NONE -> value;
      case BROKER_URI -> BrokerOptions.shown(value);
      case DATABASE_URI -> DatabaseOptions.shown(value);
      case SECRET -> Redaction.HIDDEN;
    };
  }
}
