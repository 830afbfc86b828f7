package dev.creek.consumer.jetstream;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.BrokerException;
import java.io.IOException;
import java.util.stream.LongStream;

/** Reads the sequences of missing messages from the broker's report about a stream. */
final class DeletedList {
  private DeletedList() {}

  /**
   * Messages that were deleted, and those that a damaged store has lost.
   *
   * @throws ApiException if the answer is a refusal
   */
  static long[] read(ObjectMapper json, byte[] answer) {
    LongStream.Builder sequences = LongStream.builder();
    try (JsonParser parser = json.createParser(answer)) {
      while (parser.nextToken() != null) {
        if (parser.currentToken() != JsonToken.FIELD_NAME) {
          continue;
        }
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (value == JsonToken.START_OBJECT && name.equals("error")) {
          throw ApiException.of(parser.<JsonNode>readValueAsTree());
        }
        if (value == JsonToken.START_ARRAY && (name.equals("deleted") || name.equals("msgs"))) {
          addTo(sequences, parser);
        }
      }
    } catch (IOException e) {
      throw new BrokerException.Unavailable("JetStream answered something else than JSON", e);
    }
    return sequences.build().toArray();
  }

  private static void addTo(LongStream.Builder sequences, JsonParser parser) throws IOException {
    while (parser.nextToken() == JsonToken.VALUE_NUMBER_INT) {
      sequences.add(parser.getLongValue());
    }
  }
}
