package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.creek.consumer.testing.GoldenCapture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** What the real producer was asked, and what it replied. */
final class GoldenRequests {
  private GoldenRequests() {}

  static List<JsonNode> snapshots(GoldenCapture golden) {
    return lines(golden, "api_snapshot.jsonl.gz");
  }

  static List<JsonNode> schemas(GoldenCapture golden) {
    return lines(golden, "api_schema.jsonl.gz");
  }

  static List<String> replies(JsonNode request) {
    var replies = new ArrayList<String>();
    for (JsonNode reply : request.get("replies")) {
      byte[] payload = Base64.getDecoder().decode(reply.get("payload_base64").textValue());
      replies.add(new String(payload, UTF_8));
    }
    return replies;
  }

  private static List<JsonNode> lines(GoldenCapture golden, String file) {
    try (var in = new GZIPInputStream(golden.open(file))) {
      return new String(in.readAllBytes(), UTF_8).lines().map(GoldenSchemas::json).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
