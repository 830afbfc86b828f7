package dev.creek.consumer.api;

import dev.creek.consumer.api.DatabaseAddress.Secret;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How to reach the target database and how to behave there. Immutable. Its text form never tells a
 * password.
 *
 * <p>The URI is libpq's: {@code postgres://user:password@host:port/database?parameter=value}, also
 * {@code postgresql://}, several hosts as {@code host1:port1,host2:port2} (tried in order), IPv6
 * addresses in brackets, a socket directory as {@code ?host=/run/postgresql}. Parameters: {@code
 * host}, {@code port}, {@code dbname}, {@code user}, {@code password}, {@code sslmode} (disable,
 * allow, prefer, require, verify-ca, verify-full; default prefer), {@code sslrootcert} (a file, or
 * {@code system}), {@code sslcert} and {@code sslkey} (the key in PKCS #8), {@code sslpassword},
 * {@code sslnegotiation}, {@code connect_timeout} (seconds; default 10, 0 for none), {@code
 * application_name}, {@code options} ({@code -c name=value}), {@code target_session_attrs} (any,
 * read-write, primary; with several hosts read-write is the default) and, as for pgx, {@code
 * pool_max_conns}. Any other is an error.
 *
 * <p>Sessions run with {@code search_path} set to {@code pg_catalog}, as PostgreSQL's own apply
 * workers do: triggers on target tables must qualify names, or {@code options} must set another
 * path.
 */
public final class DatabaseOptions {
  /**
   * Session settings that {@code options} cannot change, with their values: the meaning of casts
   * and statements depends on them.
   */
  public static final Map<String, String> FIXED_SETTINGS =
      Map.of(
          "timezone", "UTC",
          "datestyle", "ISO",
          "intervalstyle", "postgres",
          "client_encoding", "utf8",
          "standard_conforming_strings", "on",
          "xmloption", "content",
          // Else a row that a policy hides is not there: its update would insert a second one.
          "row_security", "off",
          // The fence relies on seeing, after a wait for the row's lock, what the other committed.
          "default_transaction_isolation", "read committed");

  private static final String APPLICATION_NAME = "creek-consumer";

  private final DatabaseAddress address;
  private final String controlSchema;
  private final @Nullable String controlRole;
  private final int poolSize;
  private final Duration statementTimeout;
  private final Duration lockTimeout;
  private final Duration wakeInterval;
  private final Pooler pooler;
  private final ReplicationRole replicationRole;
  private final boolean notifiedCommands;
  private final Set<String> lossyColumns;
  private final SchemaPolicy schemaChanges;
  private final UnaryOperator<PostgresqlConnectionConfiguration.Builder> driver;

  private DatabaseOptions(Builder builder) {
    this.address = builder.address;
    this.controlSchema = builder.controlSchema;
    this.controlRole = builder.controlRole;
    this.poolSize = builder.poolSize;
    this.statementTimeout = builder.statementTimeout;
    this.lockTimeout = builder.lockTimeout;
    this.wakeInterval = builder.wakeInterval;
    this.pooler = builder.pooler;
    this.replicationRole = builder.replicationRole;
    this.notifiedCommands = builder.notifiedCommands;
    this.lossyColumns = builder.lossyColumns;
    this.schemaChanges = builder.schemaChanges;
    this.driver = builder.driver;
  }

  /**
   * Options from a URI alone.
   *
   * @throws IllegalArgumentException with a message for the user that repeats neither URI nor
   *     password
   */
  public static DatabaseOptions of(String uri) {
    return builder(uri, Map.of()).build();
  }

  /**
   * Options from a URI; what it leaves out is taken from libpq's variables in {@code environment}
   * ({@code PGHOST}, {@code PGPORT}, {@code PGDATABASE}, {@code PGUSER}, {@code PGPASSWORD}, {@code
   * PGSSLMODE}, …). Neither the process's environment nor a password file is read.
   *
   * @throws IllegalArgumentException with a message for the user that repeats neither URI nor
   *     password
   */
  public static Builder builder(String uri, Map<String, String> environment) {
    return new Builder(LibpqParameters.of(LibpqUri.parameters(uri), environment));
  }

  /**
   * A URI as {@link #of} takes it, for display: {@code ***} stands for passwords, and for all of it
   * if it cannot be read.
   */
  public static String shown(String uri) {
    return LibpqUri.shown(uri);
  }

  /** The schema that holds {@code subscriptions} and its like. */
  public String controlSchema() {
    return controlSchema;
  }

  /** The role that may call the control schema's functions; null for none. */
  public @Nullable String controlRole() {
    return controlRole;
  }

  public int poolSize() {
    return poolSize;
  }

  public Duration statementTimeout() {
    return statementTimeout;
  }

  public Duration lockTimeout() {
    return lockTimeout;
  }

  public Duration wakeInterval() {
    return wakeInterval;
  }

  public Pooler pooler() {
    return pooler;
  }

  public ReplicationRole replicationRole() {
    return replicationRole;
  }

  public boolean notifiedCommands() {
    return notifiedCommands;
  }

  public Set<String> lossyColumns() {
    return lossyColumns;
  }

  public SchemaPolicy schemaChanges() {
    return schemaChanges;
  }

  public DatabaseAddress address() {
    return address;
  }

  /** Changes the configuration of the driver, as {@link Builder#driver} says. */
  public PostgresqlConnectionConfiguration.Builder customized(
      PostgresqlConnectionConfiguration.Builder given) {
    return driver.apply(given);
  }

  /** The same as if another pooler were between. */
  public DatabaseOptions through(Pooler other) {
    Builder copy = copy();
    copy.pooler = other;
    return copy.build();
  }

  /** The same with this role of the sessions. */
  public DatabaseOptions acting(ReplicationRole other) {
    Builder copy = copy();
    copy.replicationRole = other;
    return copy.build();
  }

  /** The same server for statements that read whole tables: as long as they take, two at a time. */
  public DatabaseOptions forScans() {
    Builder copy = copy();
    copy.poolSize = 2;
    copy.statementTimeout = Duration.ZERO;
    return copy.build();
  }

  /** Of what sessions are; commands and roles are another matter. */
  private Builder copy() {
    var builder = new Builder(address);
    builder.controlSchema = controlSchema;
    builder.poolSize = poolSize;
    builder.statementTimeout = statementTimeout;
    builder.lockTimeout = lockTimeout;
    builder.wakeInterval = wakeInterval;
    builder.pooler = pooler;
    builder.replicationRole = replicationRole;
    builder.lossyColumns = lossyColumns;
    builder.schemaChanges = schemaChanges;
    builder.driver = driver;
    return builder;
  }

  /** {@code user@host:port/database}: fit for messages. */
  @Override
  public String toString() {
    return address.display();
  }

  /** The settings that the URI does not contain. Not thread-safe. */
  public static final class Builder {
    private DatabaseAddress address;
    private String controlSchema = "_creek_consumer";
    private @Nullable String controlRole;
    private int poolSize = 8;
    private Duration statementTimeout = Duration.ofMinutes(5);
    private Duration lockTimeout = Duration.ofSeconds(30);
    private Duration wakeInterval = Duration.ofSeconds(10);
    private Pooler pooler = Pooler.NONE;
    private ReplicationRole replicationRole = ReplicationRole.ORIGIN;
    private boolean notifiedCommands;
    private Set<String> lossyColumns = Set.of();
    private SchemaPolicy schemaChanges = SchemaPolicy.STOP;
    private UnaryOperator<PostgresqlConnectionConfiguration.Builder> driver =
        UnaryOperator.identity();

    private Builder(DatabaseAddress address) {
      this.address = address;
    }

    private Builder(LibpqParameters parameters) {
      this(parameters.address(APPLICATION_NAME));
      if (parameters.poolSize() > 0) {
        this.poolSize = parameters.poolSize();
      }
    }

    /** The role's password, whatever URI and environment say. */
    public Builder password(String text) {
      this.address = address.withPassword(new Secret(text));
      return this;
    }

    /**
     * Bound of one attempt to connect, whatever URI and environment say; zero for none. A server
     * that refuses is heard at once, this is for one that is silent, or slow.
     */
    public Builder connectTimeout(Duration timeout) {
      this.address = address.withConnectTimeout(notNegative(timeout));
      return this;
    }

    /**
     * The schema that holds {@code subscriptions} and its like; default {@code _creek_consumer}.
     */
    public Builder controlSchema(String name) {
      if (name.isBlank() || name.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("the control schema needs a name");
      }
      this.controlSchema = name;
      return this;
    }

    /**
     * A role, mostly one without login that others are members of, that is granted the control
     * schema's functions when the service starts; default null, for none.
     */
    public Builder controlRole(@Nullable String name) {
      if (name != null && (name.isBlank() || name.indexOf('\0') >= 0)) {
        throw new IllegalArgumentException("the control role needs a name");
      }
      this.controlRole = name;
      return this;
    }

    /**
     * The greatest number of connections, besides one that listens; default 8. A table needs one
     * while it applies.
     */
    public Builder poolSize(int connections) {
      if (connections < 1) {
        throw new IllegalArgumentException("the pool needs at least one connection");
      }
      this.poolSize = connections;
      return this;
    }

    /**
     * Bound of one statement, waiting for locks included; default 5 minutes, zero for none. A
     * server that has not answered a little later counts as unreachable.
     */
    public Builder statementTimeout(Duration timeout) {
      this.statementTimeout = notNegative(timeout);
      return this;
    }

    /** Bound of waiting for one lock; default 30 seconds, zero for none. */
    public Builder lockTimeout(Duration timeout) {
      this.lockTimeout = notNegative(timeout);
      return this;
    }

    /** Interval of checks of the subscriptions without a notification; default 10 seconds. */
    public Builder wakeInterval(Duration interval) {
      if (interval.isNegative() || interval.isZero()) {
        throw new IllegalArgumentException("the wake interval must be positive");
      }
      this.wakeInterval = interval;
      return this;
    }

    /** The pooler that is between us and the server, such as PgBouncer; default none. */
    public Builder pooler(Pooler between) {
      this.pooler = between;
      return this;
    }

    /**
     * PostgreSQL's {@code session_replication_role} in all sessions; default {@link
     * ReplicationRole#ORIGIN}. A role needs a privilege for another value.
     */
    public Builder replicationRole(ReplicationRole role) {
      this.replicationRole = role;
      return this;
    }

    /**
     * Carries out commands in the payload of a notification, as the Go consumer did; default false,
     * because any role may notify.
     */
    public Builder notifiedCommands(boolean on) {
      this.notifiedCommands = on;
      return this;
    }

    /**
     * Columns of target tables, as {@code schema.table.column}, in which values may be other than
     * the source's: what the column's type rounds, cuts or forgets is then stored as it comes out.
     * Default none: the first value that a column would not store as it is stops its table.
     */
    public Builder lossyColumns(Set<String> columns) {
      this.lossyColumns = Set.copyOf(columns);
      return this;
    }

    /**
     * The policy for changed columns, types and keys of source tables, for each table that has none
     * of its own ({@code set_schema_changes}); {@link SchemaPolicy#STOP} by default.
     */
    public Builder schemaChanges(SchemaPolicy value) {
      this.schemaChanges = value;
      return this;
    }

    /**
     * Configuration of the R2DBC driver that is not among these, such as a source of passwords that
     * expire, or event loops of the program. Codecs, session settings and what else the meaning of
     * values relies on are set afterwards.
     *
     * @param value called once for each pool of connections; may block
     */
    public Builder driver(UnaryOperator<PostgresqlConnectionConfiguration.Builder> value) {
      this.driver = value;
      return this;
    }

    /**
     * The options.
     *
     * @throws IllegalArgumentException where commands of notifications are wanted through a pooler
     *     that breaks LISTEN
     */
    public DatabaseOptions build() {
      if (notifiedCommands && !pooler.keepsSessions()) {
        throw new IllegalArgumentException(
            "commands in notifications need LISTEN, which a pooler in transaction mode breaks");
      }
      return new DatabaseOptions(this);
    }

    private static Duration notNegative(Duration timeout) {
      if (timeout.isNegative()) {
        throw new IllegalArgumentException("a timeout cannot be negative");
      }
      return timeout;
    }
  }

  /**
   * A pooler between us and the server, such as PgBouncer, by what it lets a session keep. A pooler
   * that gives a session's server process away between the statements of one transaction
   * (PgBouncer's {@code pool_mode = statement}) cannot be worked through.
   */
  public enum Pooler {
    /** None: settings go with the start of a session, and last as long as it does. */
    NONE,

    /**
     * A server process for as long as the connection lasts. Settings are sent after its start,
     * because such poolers refuse most of them there.
     */
    SESSION,

    /**
     * A server process for as long as a transaction lasts. Nothing is kept longer: each transaction
     * begins with its settings, no statement stays prepared, locks that last are those of a
     * transaction of their own, and the database is looked at every two seconds instead of listened
     * to.
     */
    TRANSACTION;

    /** Tells whether what a statement leaves in its session is there for the next one. */
    public boolean keepsSessions() {
      return this != TRANSACTION;
    }
  }

  /**
   * Constraints and triggers of the target that take part when rows are written, as PostgreSQL's
   * {@code session_replication_role} says.
   */
  public enum ReplicationRole {
    /** As for any client: foreign keys are checked, triggers fire. */
    ORIGIN,

    /**
     * As for PostgreSQL's own apply: foreign keys are not checked and do not act, and of triggers
     * and rules only those fire that are enabled with {@code REPLICA} or {@code ALWAYS}.
     */
    REPLICA
  }
}
