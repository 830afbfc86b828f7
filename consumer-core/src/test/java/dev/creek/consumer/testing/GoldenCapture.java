package dev.creek.consumer.testing;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.Generation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** What the real producer of one generation left in JetStream; see {@code golden/README.md}. */
public record GoldenCapture(Generation generation) {
  /** The source database of every capture. */
  public static final String DATABASE = "golden";

  /** The namespace of every capture. */
  public static final String NAMESPACE = "CREEK";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<Map<String, List<String>>> HEADERS = new TypeReference<>() {};

  /** Every message of the WAL stream. */
  public List<CapturedMessage> wal() {
    return stream("wal");
  }

  /** Every message of the schema stream. */
  public List<CapturedMessage> schemas() {
    return stream("schema");
  }

  /** Every message of the snapshot stream. */
  public List<CapturedMessage> snapshots() {
    return stream("snap");
  }

  /** Configuration and state of a stream: {@code wal}, {@code schema} or {@code snap}. */
  public JsonNode streamState(String kind) {
    try (var in = open("stream_info_" + streamName(kind) + ".json")) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The source's tables. */
  public static String ddl() {
    try (var in = resource("/golden/ddl.sql")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Opens a file of this generation. */
  public InputStream open(String file) {
    return resource("/golden/" + generation.name().toLowerCase(Locale.ROOT) + "/" + file);
  }

  private static InputStream resource(String path) {
    return Objects.requireNonNull(GoldenCapture.class.getResourceAsStream(path), path);
  }

  private String streamName(String kind) {
    return NAMESPACE + "_" + kind + (generation == Generation.NEW ? "_" + DATABASE : "");
  }

  private List<CapturedMessage> stream(String kind) {
    try (var in = new GZIPInputStream(open(streamName(kind) + ".jsonl.gz"));
        var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      var messages = new ArrayList<CapturedMessage>();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        messages.add(message(JSON.readTree(line)));
      }
      return messages;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CapturedMessage message(JsonNode line) {
    return new CapturedMessage(
        line.get("stream").textValue(),
        line.get("seq").longValue(),
        Instant.parse(line.get("time").textValue()),
        line.get("subject").textValue(),
        line.has("headers") ? JSON.convertValue(line.get("headers"), HEADERS) : Map.of(),
        Base64.getDecoder().decode(line.get("payload_base64").textValue()));
  }
}
