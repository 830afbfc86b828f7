package dev.creek.consumer.api;

import dev.creek.consumer.text.SubjectToken;
import io.nats.client.Options;
import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The broker, and bounds of reading from it. Immutable. Printed without secrets.
 *
 * <p>Memory that one table's reading takes is bounded by {@link #maxMessages} and {@link #maxBytes}
 * of payload that is requested or waits for the reader, or one single message if that is longer.
 * Tables with a backlog share twice {@link #maxBytes}, and a sixteenth of it for each.
 */
public final class BrokerOptions {
  /** The client's own, whose users are percent-encoded by us: no other @ or / can be in them. */
  private static final Pattern USER_INFO = Pattern.compile("//[^@/]*@");

  private static final Duration SHORTEST_HEARTBEAT = Duration.ofMillis(100);

  private final ServerList servers;
  private final BrokerCredentials credentials;
  private final BrokerTls tls;
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
   *     are percent-encoded if they contain {@code / ? # @ ,} or white space
   * @throws IllegalArgumentException if there is none, or one that cannot be read: it says which
   *     and why, and repeats nothing of the text, which may be secret
   */
  public static Builder builder(String servers) {
    return new Builder(servers);
  }

  /** For the client; with users only if servers have different ones. */
  public String[] servers() {
    return servers.uris(credentials);
  }

  /** The login of servers that have none of their own in their URI. */
  public BrokerCredentials login() {
    return servers.login(credentials);
  }

  public BrokerTls tls() {
    return tls;
  }

  /** Tells whether URIs or files require TLS. */
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

  /** Beginning of the subjects of requests to JetStream. */
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
   * A list of servers as {@link #builder} takes it, for display: {@code ***} stands for each user's
   * part, and for all of it if it cannot be read.
   */
  public static String shown(String servers) {
    return ServerList.shown(servers);
  }

  /** A message of the client without the users of its URIs. */
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
    private BrokerCredentials credentials = new BrokerCredentials.None();
    private BrokerTls tls = BrokerTls.NONE;
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

    /** The login, if the URIs do not contain one; a URI's own user takes precedence. */
    public Builder credentials(BrokerCredentials value) {
      credentials = value;
      return this;
    }

    /** Files for TLS; anything but {@link BrokerTls#NONE} demands TLS, whatever the URIs say. */
    public Builder tls(BrokerTls value) {
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

    /** This client's name in the server's lists; {@code creek-consumer} by default. */
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
     * Interval of the broker's heartbeats to an idle reader, and the life of a request for
     * messages; 2 s and 30 s by default. Three missed heartbeats end the consumer, and another
     * takes its place.
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

    /** How long the broker may take to answer a request; 5 s by default. */
    public Builder requestTimeout(Duration value) {
      requestTimeout = positive(value, "requestTimeout");
      return this;
    }

    /** How long the producer may take to answer for a schema; 5 s by default. */
    public Builder schemaTimeout(Duration value) {
      schemaTimeout = positive(value, "schemaTimeout");
      return this;
    }

    /**
     * The interval in which the frontier of an idle table moves with its stream, and in which a
     * {@code CreekSource} to which nothing comes looks for another stream of its database; 30 s by
     * default.
     */
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

    /** Threads on which deliveries are emitted; {@link Schedulers#parallel()} by default. */
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
}
