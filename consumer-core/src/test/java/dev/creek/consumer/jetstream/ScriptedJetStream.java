package dev.creek.consumer.jetstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.creek.consumer.testing.NatsServer;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Answers as JetStream does, for a domain that there is none of, and misbehaves on demand: what a
 * real broker does only when the network or the machine is in trouble.
 */
final class ScriptedJetStream implements AutoCloseable {
  static final String DOMAIN = "script";

  /** What happens to a request for messages. */
  interface Script {
    void onPull(int consumer, Message request);
  }

  final Queue<String> created = new ConcurrentLinkedQueue<>();
  final Queue<String> deleted = new ConcurrentLinkedQueue<>();
  final AtomicInteger consumers = new AtomicInteger();
  final AtomicLong firstSequence = new AtomicLong(1);
  final AtomicLong lastSequence = new AtomicLong(1000);
  final AtomicLong pending = new AtomicLong(1);
  volatile long delivered;
  private final Connection connection;
  private final Socket raw;
  private final OutputStream out;
  private final Script script;

  ScriptedJetStream(NatsServer server, Script script) {
    this.script = script;
    try {
      connection = Nats.connect(Options.builder().server(server.uri()).build());
      connection.createDispatcher(this::onRequest).subscribe("$JS." + DOMAIN + ".API.>");
      connection.flush(Duration.ofSeconds(5));
      raw = new Socket(InetAddress.getLoopbackAddress(), server.port());
      out = raw.getOutputStream();
      send("CONNECT {\"verbose\":false,\"headers\":true}\r\n");
    } catch (IOException | InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  private void onRequest(Message request) {
    String[] call = request.getSubject().split("\\.", -1);
    switch (call[3] + "." + call[4]) {
      case "STREAM.INFO" ->
          answer(
              request,
              """
              {"config":{"subjects":["%s.>"]},"created":"2026-01-01T00:00:00.123456789Z",
              "state":{"first_seq":%d,"last_seq":%d,"first_ts":"2026-01-01T00:00:00Z"}}"""
                  .formatted(call[5], firstSequence.get(), lastSequence.get()));
      case "CONSUMER.CREATE" -> {
        created.add(new String(request.getData(), US_ASCII));
        consumers.incrementAndGet();
        answer(request, consumer());
      }
      case "CONSUMER.INFO" -> answer(request, consumer());
      case "CONSUMER.DELETE" -> {
        deleted.add(call[6]);
        answer(request, "{\"success\":true}");
      }
      case "CONSUMER.MSG" -> script.onPull(consumers.get(), request);
      default -> throw new IllegalStateException(request.getSubject());
    }
  }

  private String consumer() {
    return "{\"delivered\":{\"consumer_seq\":%d,\"stream_seq\":0},\"num_pending\":%d}"
        .formatted(delivered, pending.get());
  }

  private void answer(Message request, String json) {
    connection.publish(request.getReplyTo(), json.getBytes(US_ASCII));
  }

  /** Sends a message of a consumer. */
  void message(Message pull, long sequence, long consumerSequence, long pendingBehind) {
    message(
        pull,
        "$JS.ACK.s.c.1.%d.%d.1700000000000000000.%d"
            .formatted(sequence, consumerSequence, pendingBehind),
        sequence);
  }

  void message(Message pull, String ackSubject, long number) {
    byte[] data = Broker.numbered(number, 8);
    synchronized (out) {
      send("PUB %s %s %d\r\n".formatted(pull.getReplyTo(), ackSubject, data.length));
      send(data);
      send("\r\n");
    }
  }

  /** Sends a status, {@code 408 Request Timeout} for example, with headers if it has any. */
  void status(Message pull, String status, String headers) {
    status(pull.getReplyTo(), status, headers);
  }

  void status(String inbox, String status, String headers) {
    String block = "NATS/1.0 " + status + "\r\n" + headers + "\r\n";
    send("HPUB %s %d %d\r\n%s\r\n".formatted(inbox, block.length(), block.length(), block));
  }

  private void send(String text) {
    send(text.getBytes(US_ASCII));
  }

  private void send(byte[] bytes) {
    synchronized (out) {
      try {
        out.write(bytes);
        out.flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() {
    try {
      raw.close();
      connection.close();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
