package dev.creek.consumer.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.creek.consumer.app.config.Redaction;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.event.KeyValuePair;

/**
 * A log event as one JSON object on one line: {@code time} (UTC), {@code level}, {@code logger},
 * {@code message}, further fields ({@code table}, {@code reason}, …), and {@code error} with the
 * stack trace if there is one.
 */
final class JsonLogLine implements LogFormat {
  private static final JsonFactory JSON = new JsonFactory();

  @Override
  public String format(ILoggingEvent event) {
    Map<String, Object> fields =
        fields(
            event.getTimeStamp(),
            event.getLevel(),
            event.getLoggerName(),
            event.getFormattedMessage());
    if (event.getKeyValuePairs() != null) {
      for (KeyValuePair pair : event.getKeyValuePairs()) {
        put(fields, pair.key, pair.value);
      }
    }
    event.getMDCPropertyMap().forEach((name, value) -> put(fields, name, value));
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      fields.put("error", ThrowableProxyUtil.asString(thrown).strip());
    }
    return write(fields);
  }

  @Override
  public String line(long millis, Level level, String message) {
    return write(fields(millis, level, LimitedAppender.class.getName(), message));
  }

  private static Map<String, Object> fields(
      long millis, Level level, String logger, String message) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("time", Instant.ofEpochMilli(millis));
    fields.put("level", level);
    fields.put("logger", logger);
    fields.put("message", message);
    return fields;
  }

  /**
   * An existing key keeps its value: with a duplicate key, it would be no JSON for many readers.
   */
  private static void put(Map<String, Object> fields, String name, Object value) {
    if (value != null) {
      fields.putIfAbsent(name, value);
    }
  }

  private static String write(Map<String, Object> fields) {
    var line = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(line)) {
      json.writeStartObject();
      for (Map.Entry<String, Object> field : fields.entrySet()) {
        json.writeFieldName(field.getKey());
        write(json, field.getValue());
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return line.append('\n').toString();
  }

  private static void write(JsonGenerator json, Object value) throws IOException {
    if (value instanceof Long || value instanceof Integer) {
      json.writeNumber(((Number) value).longValue());
    } else if (value instanceof Boolean flag) {
      json.writeBoolean(flag);
    } else {
      json.writeString(Redaction.redact(value.toString()));
    }
  }
}
