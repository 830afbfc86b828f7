package dev.creek.consumer.api;

import dev.creek.consumer.text.SubjectToken;
import io.nats.client.Options;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Which broker, and how much of it at a time. Immutable. Printed without secrets.
 *
 * <p>Memory that one table's reading takes is bounded by {@link #maxMessages} and {@link #maxBytes}
 * of payload that is requested or waits for the reader, or one single message where that is longer.
 * Tables with a backlog share twice {@link #maxBytes}, and a sixteenth of it for each.
 */
public final class BrokerOptions {
  /** The client's own, whose users are percent-encoded by us: no other @ or / can be in them. */
  private static final Pattern USER_INFO = Pattern.compile("//[^@/]*@");

  private static final Duration SHORTEST_HEARTBEAT = Duration.ofMillis(100);

  private final ServerList servers;
  private final Credentials credentials;
  private final TlsFiles tls;
  private final String namespace;
  private final @Nullable Generation generation;
  private final @Nullable String domain;
  private final String connectionName;
  private final String inboxPrefix;
  private final int maxMessages;
  private final int maxBytes;
  private final int deliveryPackets;
  private final int deliveryBytes;
  private final Duration heartbeat;
  private final Duration pullExpiry;
  private final Duration connectTimeout;
  private final Duration requestTimeout;
  private final Duration schemaTimeout;
  private final Duration frontierInterval;
  private final Duration consumerInactivity;
  private final Reader reader;
  private final Scheduler scheduler;
  private final UnaryOperator<Options.Builder> client;

  private BrokerOptions(Builder b) {
    servers = b.servers;
    credentials = b.credentials;
    tls = b.tls;
    namespace = b.namespace;
    generation = b.generation;
    domain = b.domain;
    connectionName = b.connectionName;
    inboxPrefix = b.inboxPrefix;
    maxMessages = b.maxMessages;
    maxBytes = b.maxBytes;
    deliveryPackets = b.deliveryPackets;
    deliveryBytes = b.deliveryBytes;
    heartbeat = b.heartbeat;
    pullExpiry = b.pullExpiry;
    connectTimeout = b.connectTimeout;
    requestTimeout = b.requestTimeout;
    schemaTimeout = b.schemaTimeout;
    frontierInterval = b.frontierInterval;
    consumerInactivity = b.consumerInactivity;
    reader = b.reader;
    scheduler = b.scheduler;
    client = b.client;
  }

  /**
   * Options with defaults.
   *
   * @param servers one or more URIs, separated by commas: {@code nats://user:password@host:port},
   *     {@code nats://token@host}, {@code tls://host}, {@code host:port}. User, password and token
   *     are percent-encoded where they hold {@code / ? # @ ,} or white space
   * @throws IllegalArgumentException where there is none, or one that cannot be read: it says which
   *     and why, and repeats nothing of the text, which may be secret
   */
  public static Builder builder(String servers) {
    return new Builder(servers);
  }

  /** As the client takes them; with users only where servers have different ones. */
  public String[] servers() {
    return servers.uris(credentials);
  }

  /** The login of servers that have none of their own in their URI. */
  public Credentials login() {
    return servers.login(credentials);
  }

  public TlsFiles tls() {
    return tls;
  }

  /** Whether URIs or files ask for TLS. */
  public boolean usesTls() {
    return !tls.isEmpty() || servers.usesTls();
  }

  /** The producer's namespace. */
  public String namespace() {
    return namespace;
  }

  /** The generation that is taken for given, or null to find it out. */
  public @Nullable Generation generation() {
    return generation;
  }

  /** What the subjects of questions to JetStream begin with. */
  public String apiPrefix() {
    return domain == null ? "$JS.API." : "$JS." + domain + ".API.";
  }

  public String connectionName() {
    return connectionName;
  }

  /** First token of the subjects that answers come to. */
  public String inboxPrefix() {
    return inboxPrefix;
  }

  /** Most messages of a table that are requested from the broker or wait for the reader. */
  public int maxMessages() {
    return maxMessages;
  }

  /** Most bytes of a table that are requested from the broker or wait for the reader. */
  public int maxBytes() {
    return maxBytes;
  }

  public int deliveryPackets() {
    return deliveryPackets;
  }

  public int deliveryBytes() {
    return deliveryBytes;
  }

  public Duration heartbeat() {
    return heartbeat;
  }

  public Duration pullExpiry() {
    return pullExpiry;
  }

  public Duration connectTimeout() {
    return connectTimeout;
  }

  public Duration requestTimeout() {
    return requestTimeout;
  }

  public Duration schemaTimeout() {
    return schemaTimeout;
  }

  public Duration frontierInterval() {
    return frontierInterval;
  }

  public Duration consumerInactivity() {
    return consumerInactivity;
  }

  /** The way in which messages come in. */
  public Reader reader() {
    return reader;
  }

  public Scheduler scheduler() {
    return scheduler;
  }

  /** Changes the options of the NATS client, as {@link Builder#client} says. */
  public Options.Builder customized(Options.Builder given) {
    return client.apply(given);
  }

  /** The servers without user, password or token. */
  public String serversForPeople() {
    return servers.toString();
  }

  /**
   * A list of servers as {@link #builder} takes it, fit to be shown: {@code ***} stands for each
   * user's part, and for all of it where it cannot be read.
   */
  public static String shown(String servers) {
    return ServerList.shown(servers);
  }

  /** What the client says, without the users of its URIs. */
  public static String withoutUser(String uri) {
    return USER_INFO.matcher(uri).replaceAll("//");
  }

  /** The way in which messages are taken from the broker's connection. */
  public enum Reader {
    /** From the socket's bytes, without the NATS client's parser and queue. */
    DIRECT,
    /**
     * By an ordinary subscription of the NATS client, for use if a fault of {@link #DIRECT} is
     * suspected. The messages, their order and their bounds are the same; it takes more processor
     * time, and the service makes three times the garbage.
     */
    CLIENT
  }

  @Override
  public String toString() {
    return "BrokerOptions[servers=%s, credentials=%s, tls=%s, namespace=%s, generation=%s, maxMessages=%d, maxBytes=%d, reader=%s]"
        .formatted(
            serversForPeople(),
            credentials,
            tls,
            namespace,
            generation,
            maxMessages,
            maxBytes,
            reader);
  }

  /** Collects what differs from the defaults. Not thread-safe. */
  public static final class Builder {
    private final ServerList servers;
    private Credentials credentials = new Credentials.None();
    private TlsFiles tls = TlsFiles.NONE;
    private String namespace = "CREEK";
    private @Nullable Generation generation;
    private @Nullable String domain;
    private String connectionName = "creek-consumer";
    private String inboxPrefix = "_INBOX";
    private int maxMessages = 8000;
    private int maxBytes = 2 << 20;
    private int deliveryPackets = 2000;
    private int deliveryBytes = 1 << 19;
    private Duration heartbeat = Duration.ofSeconds(2);
    private Duration pullExpiry = Duration.ofSeconds(30);
    private Duration connectTimeout = Duration.ofSeconds(3);
    private Duration requestTimeout = Duration.ofSeconds(5);
    private Duration schemaTimeout = Duration.ofSeconds(5);
    private Duration frontierInterval = Duration.ofSeconds(30);
    private Duration consumerInactivity = Duration.ofMinutes(5);
    private Reader reader = Reader.DIRECT;
    private Scheduler scheduler = Schedulers.parallel();
    private UnaryOperator<Options.Builder> client = UnaryOperator.identity();

    private Builder(String servers) {
      this.servers = ServerList.parse(servers);
    }

    /** Who we are, where the URIs do not say it; a URI's own user wins. */
    public Builder credentials(Credentials value) {
      credentials = value;
      return this;
    }

    /** Files for TLS; anything but {@link TlsFiles#NONE} demands TLS, whatever the URIs say. */
    public Builder tls(TlsFiles value) {
      tls = value;
      return this;
    }

    /**
     * The producer's namespace; {@code CREEK} by default.
     *
     * @throws IllegalArgumentException where it cannot be part of a subject
     */
    public Builder namespace(String value) {
      namespace = SubjectToken.require(value, "namespace");
      return this;
    }

    /** Takes this generation for given; null (the default) finds it out per database. */
    public Builder generation(@Nullable Generation value) {
      generation = value;
      return this;
    }

    /** The JetStream domain that has the streams; null (the default) for the server's own. */
    public Builder domain(@Nullable String value) {
      domain = value;
      return this;
    }

    /** What the server's lists call this client; {@code creek-consumer} by default. */
    public Builder connectionName(String value) {
      connectionName = value;
      return this;
    }

    /**
     * First token of the subjects that the broker's answers come to; {@code _INBOX} by default. One
     * of its own keeps them from other users of the account, and theirs from this one.
     *
     * @throws IllegalArgumentException where it cannot be part of a subject
     */
    public Builder inboxPrefix(String value) {
      inboxPrefix = SubjectToken.require(value, "namespace");
      return this;
    }

    /** Most messages of a table requested or waiting; 8000 by default. */
    public Builder maxMessages(int value) {
      maxMessages = positive(value, "maxMessages");
      return this;
    }

    /** Most bytes of a table requested or waiting; 2 MiB by default. */
    public Builder maxBytes(int value) {
      maxBytes = positive(value, "maxBytes");
      return this;
    }

    /** Most packets and bytes in one delivery; 2000 and 512 KiB by default, at least one packet. */
    public Builder delivery(int packets, int bytes) {
      deliveryPackets = positive(packets, "delivery packets");
      deliveryBytes = positive(bytes, "delivery bytes");
      return this;
    }

    /**
     * How often the broker tells an idle reader that it is there, and how long a request for
     * messages lives; 2 s and 30 s by default. Three heartbeats missed end the consumer, and
     * another takes its place.
     */
    public Builder pull(Duration heartbeat, Duration expiry) {
      if (heartbeat.compareTo(SHORTEST_HEARTBEAT) < 0
          || expiry.compareTo(heartbeat.multipliedBy(2)) <= 0) {
        throw new IllegalArgumentException(
            "the heartbeat must be at least 100 ms, and the expiry more than twice as long");
      }
      this.heartbeat = heartbeat;
      this.pullExpiry = expiry;
      return this;
    }

    /** Bounds one attempt to connect to one server; 3 s by default. */
    public Builder connectTimeout(Duration value) {
      connectTimeout = positive(value, "connectTimeout");
      return this;
    }

    /** How long the broker may take to answer a question; 5 s by default. */
    public Builder requestTimeout(Duration value) {
      requestTimeout = positive(value, "requestTimeout");
      return this;
    }

    /** How long the producer may take to answer for a schema; 5 s by default. */
    public Builder schemaTimeout(Duration value) {
      schemaTimeout = positive(value, "schemaTimeout");
      return this;
    }

    /** How often the frontier of an idle table moves with its stream; 30 s by default. */
    public Builder frontierInterval(Duration value) {
      frontierInterval = positive(value, "frontierInterval");
      return this;
    }

    /** How long the broker keeps a consumer that does not ask; 5 min by default. */
    public Builder consumerInactivity(Duration value) {
      consumerInactivity = positive(value, "consumerInactivity");
      return this;
    }

    /** The way in which messages come in; {@link Reader#DIRECT} by default. */
    public Builder reader(Reader value) {
      reader = value;
      return this;
    }

    /** Where deliveries are emitted; {@link Schedulers#parallel()} by default. */
    public Builder deliverOn(Scheduler value) {
      scheduler = value;
      return this;
    }

    /**
     * Options of the NATS client that are not among these, such as a proxy, an authentication
     * handler or an SSL context. The servers, listeners, executors and what reading relies on are
     * set afterwards; a login and TLS files of these options win.
     *
     * @param value called for each connection that is made
     */
    public Builder client(UnaryOperator<Options.Builder> value) {
      client = value;
      return this;
    }

    /** The options. */
    public BrokerOptions build() {
      return new BrokerOptions(this);
    }

    private static int positive(int value, String name) {
      if (value <= 0) {
        throw new IllegalArgumentException(name + " must be positive, not " + value);
      }
      return value;
    }

    private static Duration positive(Duration value, String name) {
      if (value.isNegative() || value.isZero()) {
        throw new IllegalArgumentException(name + " must be positive, not " + value);
      }
      return value;
    }
  }

  /**
   * The identity of the connection, if the server URIs do not contain it. Printed without secrets.
   */
  public sealed interface Credentials {

    /** None: an open server, or one that uses the client certificate. */
    record None() implements Credentials {}

    /** A name and a password. */
    record User(String name, String password) implements Credentials {
      @Override
      public String toString() {
        return "User[" + name + "]";
      }
    }

    /** A token. */
    record Token(String token) implements Credentials {
      @Override
      public String toString() {
        return "Token[]";
      }
    }

    /** A file with a user's JWT and seed; read again at every connect, so it may be renewed. */
    record CredentialsFile(Path file) implements Credentials {}

    /** A file with an nkey seed; read again at every connect. */
    record NkeyFile(Path file) implements Credentials {}
  }

  /**
   * Files for TLS. Null means the Java platform's default. The server's certificate must be valid
   * for the host that the URI names.
   *
   * @param caCertificates PEM file with the certificates to trust
   * @param trustStore JKS or PKCS #12 file with the certificates to trust
   * @param trustStorePassword password of the trust store
   * @param clientCertificate PEM file with the client's certificate chain
   * @param clientKey PEM file with the client's private key, PKCS #8
   */
  public record TlsFiles(
      @Nullable Path caCertificates,
      @Nullable Path trustStore,
      @Nullable String trustStorePassword,
      @Nullable Path clientCertificate,
      @Nullable Path clientKey) {

    /** The platform's defaults only. */
    public static final TlsFiles NONE = new TlsFiles(null, null, null, null, null);

    public TlsFiles {
      if (caCertificates != null && trustStore != null) {
        throw new IllegalArgumentException(
            "give either CA certificates or a trust store, not both");
      }
      if ((clientCertificate == null) != (clientKey == null)) {
        throw new IllegalArgumentException(
            "a client certificate needs a key, and a key a certificate");
      }
    }

    /** Trusts the certificates of a PEM file. */
    public static TlsFiles trusting(Path caCertificates) {
      return new TlsFiles(caCertificates, null, null, null, null);
    }

    /** Tells whether only defaults are used. */
    public boolean isEmpty() {
      return equals(NONE);
    }

    @Override
    public String toString() {
      return "TlsFiles[ca="
          + caCertificates
          + ", trustStore="
          + trustStore
          + ", certificate="
          + clientCertificate
          + ", key="
          + clientKey
          + "]";
    }
  }
}
