package dev.creek.consumer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.testing.GoldenCapture;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SchemaMessageTest {

  private static SchemaMessage parse(String json) {
    byte[] bytes = ("??" + json + "?").getBytes(StandardCharsets.UTF_8);
    return SchemaMessage.parse(bytes, 2, bytes.length - 3);
  }

  @Test
  void readsItsMembersFromAPartOfAnArray() {
    var message =
        parse(
            "{\"fingerprint\":\"6gSJhRU3tbA=\",\"schema\":\"{}\",\"source\":\"app.t\","
                + "\"created_at\":\"2026-11-22T05:48:07Z\"}");
    assertThat(message)
        .isEqualTo(
            new SchemaMessage(
                Fingerprint.parse("6gSJhRU3tbA="), "{}", "app.t", "2026-11-22T05:48:07Z"));
  }

  @Test
  void aTableThatTheProducerCannotEncodeHasNoFingerprint() {
    var message = parse("{\"fingerprint\":\"\",\"schema\":\"null\",\"source\":\"app.a b\"}");
    assertThat(message.fingerprint()).isNull();
    assertThat(message.createdAt()).isEmpty();
    assertThatThrownBy(() -> SchemaParser.parse(new Fingerprint(0), message.schema()))
        .isInstanceOf(MessageException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "+ACK",
        "{",
        "[]",
        "{}",
        "{\"fingerprint\":\"6gSJhRU3tbA=\",\"schema\":null}",
        "{\"fingerprint\":\"short\",\"schema\":\"{}\"}",
        "{\"fingerprint\":\"*\",\"schema\":\"{}\"}"
      })
  void refusesOtherJson(String json) {
    assertThatThrownBy(() -> parse(json)).isExactlyInstanceOf(MessageException.class);
  }

  @ParameterizedTest
  @EnumSource
  void everyAnswerOfTheRealProducerIsReadOrIsTheSecondOneOfItsTwo(Generation generation)
      throws Exception {
    var json = new ObjectMapper();
    int answers = 0;
    try (var in = new GZIPInputStream(new GoldenCapture(generation).open("api_schema.jsonl.gz"));
        var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        var request = json.readTree(line);
        for (var reply : request.get("replies")) {
          byte[] bytes = Base64.getDecoder().decode(reply.get("payload_base64").textValue());
          if (!new String(bytes, StandardCharsets.UTF_8).equals("+ACK")) {
            assertThat(SchemaMessage.parse(bytes, 0, bytes.length).fingerprint())
                .hasToString(request.get("request_text").textValue());
            answers++;
          }
        }
      }
    }
    assertThat(answers).isGreaterThan(50);
  }
}
