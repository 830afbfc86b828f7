package dev.creek.consumer.wire;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.CapturedMessage;
import dev.creek.consumer.testing.GoldenCapture;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The captures of one generation, put together and with their schemas. */
final class GoldenWal {
  /** More than any message of the captures. */
  static final int MAX_MESSAGE_BYTES = 8 << 20;

  /** A whole message of one subject. */
  record Whole(String subject, WireMessage message) {}

  private static final Map<Generation, GoldenWal> LOADED = new HashMap<>();

  final List<Whole> wal;
  final List<Whole> schemaMessages;
  final Map<Long, WalSchema> schemas = new HashMap<>();

  private GoldenWal(Generation generation) {
    var capture = new GoldenCapture(generation);
    wal = assemble(capture.wal());
    schemaMessages = assemble(capture.schemas());
    for (var whole : schemaMessages) {
      var message = SchemaMessage.parse(whole.message());
      if (message.fingerprint() != null) {
        schemas.put(
            message.fingerprint().bits(), WalSchema.parse(message.fingerprint(), message.schema()));
      }
    }
  }

  static synchronized GoldenWal of(Generation generation) {
    return LOADED.computeIfAbsent(generation, GoldenWal::new);
  }

  /** Whole messages, in the order in which they were completed; one assembler per subject. */
  static List<Whole> assemble(Collection<CapturedMessage> packets) {
    var assemblers = new HashMap<String, MessageAssembler>();
    var messages = new ArrayList<Whole>();
    for (var packet : packets) {
      var message =
          assemblers
              .computeIfAbsent(packet.subject(), s -> new MessageAssembler(MAX_MESSAGE_BYTES))
              .accept(packet.sequence(), packet.payload());
      if (message != null) {
        messages.add(new Whole(packet.subject(), message));
      }
    }
    return messages;
  }

  WalSchema schemaOf(WireMessage message) {
    return schemas.get(WalDecoder.fingerprint(message));
  }
}
