package dev.creek.consumer.jetstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Speaks as much of the NATS protocol and of JetStream as one reader needs, and misbehaves on
 * demand: what a real broker does only when the network or the machine is in trouble. One
 * connection at a time.
 */
final class ScriptedBroker implements AutoCloseable {
  private static final String SUBJECT = "CREEK_wal_shop.public.items";

  /** What happens to a request for messages, on a thread of its own. */
  interface Script {
    void onPull(int consumer, String inbox);
  }

  final Queue<String> created = new ConcurrentLinkedQueue<>();
  final Queue<String> deleted = new ConcurrentLinkedQueue<>();

  /** Bodies of the requests for messages. */
  final Queue<String> pulls = new ConcurrentLinkedQueue<>();

  final AtomicLong firstSequence = new AtomicLong(1);
  final AtomicLong lastSequence = new AtomicLong(1000);
  final AtomicLong pending = new AtomicLong(1);

  /** Sequence of the newest message of the subject that the stream holds. */
  final AtomicLong held = new AtomicLong();

  private final AtomicInteger refusals = new AtomicInteger();
  private final AtomicInteger consumers = new AtomicInteger();
  private final Map<String, String> subscriptions = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final ServerSocket server;
  private final Script script;
  private volatile Socket client;
  private volatile String newest = "";

  ScriptedBroker(Script script) {
    this.script = script;
    try {
      server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(this::serve);
  }

  String uri() {
    return "nats://127.0.0.1:" + server.getLocalPort();
  }

  private void serve() {
    while (!server.isClosed()) {
      try {
        client = server.accept();
        send(
            "INFO {\"server_id\":\"x\",\"version\":\"2.10.0\",\"proto\":1,\"headers\":true,"
                + "\"max_payload\":1048576}\r\n");
        serve(new DataInputStream(new BufferedInputStream(client.getInputStream())));
      } catch (IOException e) {
        // The client is gone, or the test is over.
      }
    }
  }

  private void serve(DataInputStream in) throws IOException {
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      onLine(line.split(" ", -1), in);
    }
  }

  /** Loses the client, and does not let it in again this many times. */
  void refuse(int times) {
    refusals.set(times);
    try {
      client.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String line(DataInputStream in) throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  private void onLine(String[] words, DataInputStream in) throws IOException {
    switch (words[0]) {
      case "CONNECT" -> {
        if (refusals.getAndDecrement() > 0) {
          send("-ERR 'Authorization Violation'\r\n");
        }
      }
      case "PING" -> {
        if (refusals.get() < 0) {
          send("PONG\r\n");
        }
      }
      case "SUB" -> subscriptions.put(words[1], words[words.length - 1]);
      case "PUB" -> {
        byte[] body = in.readNBytes(Integer.parseInt(words[words.length - 1]));
        in.skipNBytes(2);
        onRequest(words[1].split("\\.", -1), words[2], new String(body, US_ASCII));
      }
      default -> {}
    }
  }

  private void onRequest(String[] call, String inbox, String body) {
    switch (call[2] + "." + call[3]) {
      case "STREAM.INFO" ->
          answer(
              inbox,
              """
              {"config":{"subjects":["%s.>"]},"created":"2026-01-01T00:00:00.123456789Z",
              "state":{"first_seq":%d,"last_seq":%d,"first_ts":"2026-01-01T00:00:00Z"}}"""
                  .formatted(call[4], firstSequence.get(), lastSequence.get()));
      case "CONSUMER.CREATE" -> {
        created.add(body);
        newest = call[5];
        consumers.incrementAndGet();
        answer(inbox, consumer());
      }
      case "STREAM.MSG" -> answer(inbox, held(body));
      case "CONSUMER.DELETE" -> {
        deleted.add(call[5]);
        answer(inbox, "{\"success\":true}");
      }
      case "CONSUMER.MSG" -> {
        pulls.add(body);
        int consumer = consumers.get();
        threads.execute(() -> script.onPull(consumer, inbox));
      }
      default -> throw new IllegalStateException(String.join(".", call));
    }
  }

  private String held(String body) {
    Matcher from = Pattern.compile("\"seq\":(\\d+)").matcher(body);
    return from.find() && Long.parseLong(from.group(1)) <= held.get()
        ? "{\"message\":{\"subject\":\"%s\",\"seq\":%d,\"time\":\"2026-01-01T00:00:00Z\"}}"
            .formatted(SUBJECT, held.get())
        : "{\"error\":{\"code\":404,\"err_code\":10037,\"description\":\"no message found\"}}";
  }

  private String consumer() {
    return """
        {"stream_name":"CREEK_wal_shop","name":"%s","created":"2026-01-01T00:00:00Z",\
        "config":{"filter_subject":"%s"},"ack_floor":{"consumer_seq":0,"stream_seq":0},\
        "delivered":{"consumer_seq":0,"stream_seq":0},"num_pending":%d}"""
        .formatted(newest, SUBJECT, pending.get());
  }

  private void answer(String inbox, String json) {
    message(inbox, inbox, "", json.getBytes(US_ASCII));
  }

  /** The name of the consumer that was created last. */
  String consumerName() {
    return newest;
  }

  /** Sends a message of a consumer; its data are its sequence. */
  void message(String inbox, long sequence, long consumerSequence, long pendingBehind) {
    message(
        inbox,
        "$JS.ACK.s.%s.1.%d.%d.1700000000000000000.%d"
            .formatted(newest, sequence, consumerSequence, pendingBehind));
  }

  void message(String inbox, String ackSubject) {
    message(inbox, SUBJECT, ackSubject + " ", new byte[8]);
  }

  private void message(String inbox, String subject, String reply, byte[] data) {
    send(
        "MSG %s %s %s%d\r\n%s\r\n"
            .formatted(subject, sid(inbox), reply, data.length, new String(data, US_ASCII)));
  }

  /** Sends a status, {@code 408 Request Timeout} for example, with headers if it has any. */
  void status(String inbox, String status, String headers) {
    String block = "NATS/1.0 " + status + "\r\n" + headers + "\r\n";
    send(
        "HMSG %s %s %d %d\r\n%s\r\n"
            .formatted(inbox, sid(inbox), block.length(), block.length(), block));
  }

  /** Subscriptions end with the one wildcard that a reader's inbox has. */
  private String sid(String inbox) {
    String pattern = inbox.substring(0, inbox.lastIndexOf('.')) + ".*";
    return subscriptions.getOrDefault(pattern, "none");
  }

  private synchronized void send(String text) {
    try {
      OutputStream out = client.getOutputStream();
      out.write(text.getBytes(US_ASCII));
      out.flush();
    } catch (IOException e) {
      // The test is over.
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    try {
      server.close();
      if (client != null) {
        client.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
