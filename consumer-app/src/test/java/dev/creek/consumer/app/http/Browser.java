package dev.creek.consumer.app.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.Scratch;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A headless Chromium with one page, spoken to by its own protocol. It keeps what went wrong on the
 * page, and where the page went. Close it.
 */
final class Browser implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern LISTENING = Pattern.compile("DevTools listening on ws://([^/]+)/");
  private static final Duration PATIENCE = Patience.LIMIT;

  private final Process process;
  private final Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
  private final AtomicInteger numbers = new AtomicInteger();
  private final WebSocket socket;

  /** What the page complained of: exceptions, and errors in its log. */
  final List<String> complaints = new CopyOnWriteArrayList<>();

  /** Every address that the page asked for. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  private Browser(Process process, Path folder, String place) throws Exception {
    this.process = process;
    this.folder = folder;
    this.socket =
        client
            .newWebSocketBuilder()
            .buildAsync(page(place), new Listener())
            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    for (String domain : List.of("Page", "Runtime", "Network", "Log")) {
      call(domain + ".enable");
    }
  }

  /** Where one is installed; empty where none is. */
  static Optional<Path> installed() {
    String given = System.getenv("CREEK_TEST_CHROMIUM");
    if (given != null) {
      return Optional.of(Path.of(given));
    }
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(
            folder ->
                Stream.of("chromium", "chromium-browser", "google-chrome")
                    .map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static Browser start() throws Exception {
    Path folder = Scratch.onDisk("chromium");
    var command =
        new ArrayList<>(
            List.of(
                installed().orElseThrow().toString(),
                "--headless=new",
                "--remote-debugging-port=0",
                "--user-data-dir=" + folder,
                "--no-first-run",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--hide-scrollbars",
                "--force-color-profile=srgb"));
    if (System.getProperty("user.name").equals("root")) {
      command.add("--no-sandbox");
    }
    command.add("about:blank");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    return new Browser(process, folder, place(process));
  }

  private static String place(Process process) throws IOException {
    var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    var said = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      said.append(line).append('\n');
      Matcher listening = LISTENING.matcher(line);
      if (listening.find()) {
        drain(lines);
        return listening.group(1);
      }
    }
    throw new IllegalStateException("Chromium did not start:\n" + said);
  }

  /** It stops where nobody reads what it says. */
  private static void drain(BufferedReader lines) {
    var reader = new Thread(() -> lines.lines().forEach(line -> {}), "chromium-output");
    reader.setDaemon(true);
    reader.start();
  }

  private URI page(String place) throws IOException, InterruptedException {
    URI list = URI.create("http://" + place + "/json/list");
    String pages =
        client.send(HttpRequest.newBuilder(list).build(), BodyHandlers.ofString()).body();
    for (JsonNode page : JSON.readTree(pages)) {
      if (page.path("type").asText().equals("page")) {
        return URI.create(page.path("webSocketDebuggerUrl").asText());
      }
    }
    throw new IllegalStateException("Chromium has no page: " + pages);
  }

  /** Size in CSS pixels, and which colours the user prefers. */
  void looksLike(int width, int height, boolean dark) {
    call(
        "Emulation.setDeviceMetricsOverride",
        JSON.createObjectNode()
            .put("width", width)
            .put("height", height)
            .put("deviceScaleFactor", 1)
            .put("mobile", width < 600));
    ObjectNode media = JSON.createObjectNode();
    media
        .putArray("features")
        .addObject()
        .put("name", "prefers-color-scheme")
        .put("value", dark ? "dark" : "light");
    call("Emulation.setEmulatedMedia", media);
  }

  void open(String address) {
    call("Page.navigate", JSON.createObjectNode().put("url", address));
  }

  /** A JavaScript expression's value; a promise's when it is kept. */
  JsonNode evaluate(String expression) {
    JsonNode answer =
        call(
            "Runtime.evaluate",
            JSON.createObjectNode()
                .put("expression", expression)
                .put("returnByValue", true)
                .put("awaitPromise", true));
    if (answer.has("exceptionDetails")) {
      throw new IllegalStateException(expression + ": " + answer.get("exceptionDetails"));
    }
    return answer.path("result").path("value");
  }

  /** Text of the first element that a selector finds, as a user sees it. */
  String text(String selector) {
    return evaluate("document.querySelector('%s').innerText".formatted(selector)).asText();
  }

  int count(String selector) {
    return evaluate("document.querySelectorAll('%s').length".formatted(selector)).asInt();
  }

  /** Types into what has the focus. */
  void type(String text) {
    for (String character : text.codePoints().mapToObj(Character::toString).toList()) {
      call(
          "Input.dispatchKeyEvent",
          JSON.createObjectNode()
              .put("type", "keyDown")
              .put("text", character)
              .put("key", character));
      call(
          "Input.dispatchKeyEvent",
          JSON.createObjectNode().put("type", "keyUp").put("key", character));
    }
  }

  /** What is on the screen, as a PNG. */
  void screenshot(Path file) throws IOException {
    JsonNode answer = call("Page.captureScreenshot", JSON.createObjectNode().put("format", "png"));
    Files.createDirectories(file.getParent());
    Files.write(file, Base64.getDecoder().decode(answer.path("data").asText()));
  }

  private JsonNode call(String method) {
    return call(method, JSON.createObjectNode());
  }

  private JsonNode call(String method, ObjectNode parameters) {
    int number = numbers.incrementAndGet();
    var answer = new CompletableFuture<JsonNode>();
    answers.put(number, answer);
    ObjectNode message = JSON.createObjectNode().put("id", number).put("method", method);
    message.set("params", parameters);
    socket.sendText(message.toString(), true).join();
    return answer.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }

  private void take(JsonNode message) {
    if (message.has("id")) {
      CompletableFuture<JsonNode> answer = answers.remove(message.get("id").asInt());
      if (message.has("error")) {
        answer.completeExceptionally(new IllegalStateException(message.get("error").toString()));
      } else {
        answer.complete(message.path("result"));
      }
      return;
    }
    JsonNode described = message.path("params");
    switch (message.path("method").asText()) {
      case "Runtime.exceptionThrown" ->
          complaints.add(described.path("exceptionDetails").toString());
      case "Log.entryAdded" -> {
        if (described.path("entry").path("level").asText().equals("error")) {
          complaints.add(described.path("entry").toString());
        }
      }
      case "Runtime.consoleAPICalled" -> {
        if (described.path("type").asText().equals("error")) {
          complaints.add(described.path("args").toString());
        }
      }
      case "Network.requestWillBeSent" ->
          requests.add(described.path("request").path("url").asText());
      default -> {}
    }
  }

  @Override
  public void close() {
    socket.abort();
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Scratch.remove(folder);
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        try {
          take(JSON.readTree(text.toString()));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        } finally {
          text.setLength(0);
        }
      }
      from.request(1);
      return null;
    }
  }
}
