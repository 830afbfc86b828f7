package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerCredentials;
import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.jetstream.pull.PullReader;
import dev.creek.consumer.text.ErrorWords;
import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.ErrorListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Opens connections by {@link BrokerOptions}. Blocks. */
final class NatsConnector {
  private static final Logger log = LoggerFactory.getLogger(NatsConnector.class);

  /**
   * A server that came back is found again within half a second, and not by all clients at once.
   */
  private static final Duration RECONNECT_WAIT = Duration.ofMillis(250);

  private static final Duration RECONNECT_JITTER = Duration.ofMillis(250);

  /** Two pings without an answer end a dead connection that was not closed. */
  private static final Duration PING_INTERVAL = Duration.ofSeconds(10);

  private static final int PINGS_OUT = 2;
  private static final Duration CALLBACK_LIMIT = Duration.ofSeconds(1);
  private static final Duration SAID_AGAIN = Duration.ofMinutes(1);
  private static final String TLS_NEEDED = "SSL required by server";

  private final BrokerOptions options;

  NatsConnector(BrokerOptions options) {
    this.options = options;
  }

  /**
   * Opens a connection that reconnects by itself.
   *
   * @param reader the way in which messages come in
   * @param denials notified of what the server does not allow this user; on one thread of the
   *     client
   * @throws BrokerException.Refused if the credentials are not accepted
   * @throws BrokerException.Unavailable if no server can be reached or accepts the login
   */
  Connection connect(ConnectionListener listener, PullReader reader, Consumer<Denial> denials) {
    var lastError = new LastError(options.serversForPeople(), denials);
    ExecutorService callbacks = NatsThreads.oneAtATime();
    try {
      return Nats.connect(natsOptions(listener, reader, lastError, callbacks));
    } catch (AuthenticationException e) {
      awaitCalled(callbacks);
      throw refused(unreachable(lastError.text.get(), lastError.exception.get()));
    } catch (IOException e) {
      awaitCalled(callbacks);
      throw unreachable(lastError.text.get(), lastError.exception.get());
    } catch (GeneralSecurityException | IllegalStateException e) {
      throw unreachable(null, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerException.Unavailable("interrupted while connecting to NATS", e);
    }
  }

  /** A callback has the reason for a failure, and may still be to come. */
  private static void awaitCalled(ExecutorService callbacks) {
    try {
      callbacks.submit(() -> {}).get(CALLBACK_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      log.debug("The NATS client's callbacks have not ended in time", e);
    }
  }

  /**
   * The client's own exception lists the URIs as given, passwords included, so it is not passed on.
   */
  private BrokerException.Unavailable unreachable(
      @Nullable String said, @Nullable Throwable cause) {
    String words = said != null || cause == null ? said : cause.toString();
    String why = said != null ? ErrorWords.of(said) : cause == null ? null : ErrorWords.of(cause);
    String message =
        "cannot connect to NATS at "
            + options.serversForPeople()
            + (why == null ? "" : ": " + BrokerOptions.withoutUser(why))
            + (words != null && words.contains(TLS_NEEDED) ? " (use tls:// in the URI)" : "");
    return cause == null || namesUser(cause)
        ? new BrokerException.Unavailable(message)
        : new BrokerException.Unavailable(message, cause);
  }

  private static BrokerException.Refused refused(BrokerException.Unavailable reported) {
    return new BrokerException.Refused(String.valueOf(reported.getMessage()), reported.getCause());
  }

  /** A cause that is logged would show the users in its message. */
  private static boolean namesUser(Throwable thrown) {
    for (Throwable e = thrown; e != null; e = e.getCause()) {
      String words = String.valueOf(e.getMessage());
      if (!BrokerOptions.withoutUser(words).equals(words)) {
        return true;
      }
    }
    return false;
  }

  private Options natsOptions(
      ConnectionListener listener,
      PullReader reader,
      ErrorListener errors,
      ExecutorService callbacks)
      throws IOException, GeneralSecurityException {
    var builder =
        options
            .customized(Options.builder().connectionName(options.connectionName()))
            .servers(options.servers())
            .inboxPrefix(options.inboxPrefix())
            .errorListener(errors)
            .executor(NatsThreads.WORK)
            .scheduledExecutor(NatsThreads.TIMERS)
            .connectExecutor(NatsThreads.oneAtATime())
            .callbackExecutor(callbacks)
            // The client waits as long if the login is refused.
            .connectionTimeout(options.connectTimeout())
            .maxReconnects(-1)
            .reconnectWait(RECONNECT_WAIT)
            .reconnectJitter(RECONNECT_JITTER)
            .reconnectJitterTls(RECONNECT_JITTER)
            .pingInterval(PING_INTERVAL)
            .maxPingsOut(PINGS_OUT)
            // Keeps the host's name, which TLS compares with the certificate.
            .hostnameResolveMode(Options.HostnameResolveMode.HappyEyeballs)
            // Requests during an outage are repeated after it, by us.
            .reconnectBufferSize(0)
            .reportNoResponders()
            .useTimeoutException();
    reader.prepare(builder, listener);
    if (options.usesTls()) {
      builder.sslContext(TlsContext.of(options.tls()));
    }
    authenticate(builder);
    return builder.build();
  }

  private void authenticate(Options.Builder builder) {
    BrokerCredentials credentials = options.login();
    if (credentials instanceof BrokerCredentials.User user) {
      builder.userInfo(user.name(), user.password());
    } else if (credentials instanceof BrokerCredentials.Token token) {
      builder.token(token.token().toCharArray());
    } else if (credentials instanceof BrokerCredentials.CredentialsFile file) {
      builder.credentialPath(file.file().toString());
    } else if (credentials instanceof BrokerCredentials.NkeyFile file) {
      builder.authHandler(new NkeyFileAuth(file.file()));
    }
  }

  /** Logs the client's errors, and keeps the last one for the message of a failed connect. */
  private static final class LastError implements ErrorListener {
    final AtomicReference<@Nullable String> text = new AtomicReference<>();
    final AtomicReference<@Nullable Exception> exception = new AtomicReference<>();
    private final String servers;
    private final Consumer<Denial> denials;

    /** Time of the last log line; the client calls on one thread. */
    private long reportedAt;

    private @Nullable String reported;

    LastError(String servers, Consumer<Denial> denials) {
      this.servers = servers;
      this.denials = denials;
    }

    @Override
    public void errorOccurred(Connection connection, String error) {
      text.set(error);
      Denial denial = Denial.of(String.valueOf(error));
      if (denial == null) {
        report(BrokerOptions.withoutUser(ErrorWords.of(String.valueOf(error))));
      } else {
        // The caller reports it, and not with each attempt.
        log.debug("NATS: {}", error);
        denials.accept(denial);
      }
    }

    /** A server that refuses the login reports it at each attempt, twice a second. */
    private void report(String words) {
      long now = System.nanoTime();
      boolean again = words.equals(reported) && now - reportedAt < SAID_AGAIN.toNanos();
      log.atLevel(again ? Level.DEBUG : Level.WARN).log("NATS at {} says: {}", servers, words);
      if (!again) {
        reported = words;
        reportedAt = now;
      }
    }

    @Override
    public void exceptionOccurred(Connection connection, Exception e) {
      exception.set(e);
      log.debug("NATS connection: {}", BrokerOptions.withoutUser(String.valueOf(e)));
    }

    @Override
    public void slowConsumerDetected(Connection connection, io.nats.client.Consumer consumer) {
      log.error("the NATS client dropped messages; they will be read again");
    }
  }
}
