package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

final class JsonLogLineTest {
  private static final String OURS = "dev.creek.consumer.stream.pipeline.PipelineReport";

  private final Logger logger = new LoggerContext().getLogger(OURS);

  @Test
  void isOneObjectOnOneLine() throws IOException {
    String line = new JsonLogLine().format(event("{} \"waits\"\nä\u001b", null));
    assertThat(line).endsWith("}\n").hasLineCount(1);
    JsonNode fields = read(line);
    assertThat(fields.get("time").textValue()).isEqualTo("2025-04-01T10:11:12.007Z");
    assertThat(fields.get("level").textValue()).isEqualTo("WARN");
    assertThat(fields.get("logger").textValue()).isEqualTo(OURS);
    assertThat(fields.get("message").textValue()).isEqualTo("a.b \"waits\"\nä\u001b");
    assertThat(fields).hasSize(4);
  }

  @Test
  void hasFieldsForWhatIsKnownBesideTheMessage() throws IOException {
    LoggingEvent event = event("m", null, Map.of("lsn", "0/1A", "table", "not.this"));
    event.addKeyValuePair(new KeyValuePair("table", "copy.orders"));
    event.addKeyValuePair(new KeyValuePair("sequence", 42L));
    event.addKeyValuePair(new KeyValuePair("reason", null));
    event.addKeyValuePair(new KeyValuePair("message", "another"));
    JsonNode fields = read(new JsonLogLine().format(event));
    assertThat(fields.get("table").textValue()).isEqualTo("copy.orders");
    assertThat(fields.get("sequence").longValue()).isEqualTo(42);
    assertThat(fields.get("lsn").textValue()).isEqualTo("0/1A");
    assertThat(fields.get("message").textValue()).isEqualTo("m");
    assertThat(fields.has("reason")).isFalse();
  }

  @Test
  void anErrorIsOneFieldWithItsCauses() throws IOException {
    var error = new IllegalStateException("outer", new IOException("inner"));
    assertThat(read(new JsonLogLine().format(event("m", error))).get("error").textValue())
        .startsWith("java.lang.IllegalStateException: outer\n")
        .contains("Caused by: java.io.IOException: inner");
  }

  @Test
  void showsNoSecrets() {
    var error = new IllegalStateException("at nats://me:geheim@h");
    LoggingEvent event = event("to postgres://me:geheim@h/db", error);
    event.addKeyValuePair(new KeyValuePair("reason", "no nats://geheim@h"));
    assertThat(new JsonLogLine().format(event))
        .doesNotContain("geheim")
        .contains("postgres://me:***@h/db");
  }

  @Test
  void linesAboutTheLogAreObjectsToo() throws IOException {
    JsonNode fields = read(new JsonLogLine().line(0, Level.INFO, "left out"));
    assertThat(fields.get("message").textValue()).isEqualTo("left out");
    assertThat(fields.get("level").textValue()).isEqualTo("INFO");
  }

  private LoggingEvent event(String message, Throwable error) {
    return event(message, error, Map.of());
  }

  private LoggingEvent event(String message, Throwable error, Map<String, String> context) {
    Object[] arguments = {"a.b"};
    var event = new LoggingEvent("", logger, Level.WARN, message, error, arguments);
    event.setInstant(Instant.parse("2025-04-01T10:11:12.007Z"));
    event.setMDCPropertyMap(context);
    return event;
  }

  private static JsonNode read(String line) throws IOException {
    return new ObjectMapper().readTree(line);
  }
}
