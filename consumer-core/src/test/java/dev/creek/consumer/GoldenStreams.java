package dev.creek.consumer;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.CapturedMessage;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.wire.MessageAssembler;
import dev.creek.consumer.wire.SchemaMessage;
import dev.creek.consumer.wire.WalDecoder;
import dev.creek.consumer.wire.WireMessage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * A capture on its way into a real JetStream: changes and schemas, in streams like those that they
 * were captured from, in the order in which those stored them.
 */
final class GoldenStreams implements AutoCloseable {
  private static final int MAX_MESSAGE_BYTES = 8 << 20;

  /** Of its 5,000 rows a few restarts are enough; the other tables have a few messages each. */
  private static final String BULK = "bulk";

  private final GoldenPublisher publisher;
  private final String walPrefix;
  private final List<CapturedMessage> messages;
  private final Map<String, Published> published = new HashMap<>();
  private final Set<Long> schemas = new HashSet<>();
  private final Set<Long> schemasMissing = new HashSet<>();
  private int next;

  /** What the broker has of one subject. */
  private static final class Published {
    private final MessageAssembler assembler = new MessageAssembler(MAX_MESSAGE_BYTES);
    private long lastSequence;
    private long wholeMessages;
  }

  GoldenStreams(NatsServer server, GoldenCapture capture) {
    walPrefix = walPrefix(capture);
    messages = new ArrayList<>(capture.wal());
    messages.addAll(capture.schemas());
    messages.sort(Comparator.comparing(CapturedMessage::time));
    publisher = new GoldenPublisher(server, capture, List.of("wal", "schema"));
  }

  /** The tables of which a capture has changes. */
  static List<SourceTable> tables(GoldenCapture capture) {
    String prefix = walPrefix(capture);
    return capture.wal().stream()
        .map(message -> message.subject().substring(prefix.length()))
        .distinct()
        .map(name -> SourceTable.parse(GoldenCapture.DATABASE + "." + name))
        .toList();
  }

  private static String walPrefix(GoldenCapture capture) {
    return capture.streamState("wal").at("/config/subjects/0").textValue().replace(">", "");
  }

  /** The sequence of the table's last message so far, 0 before the first. */
  long lastSequence(SourceTable table) {
    return of(walSubject(table)).lastSequence;
  }

  /** How many changes of the table there are so far. */
  long changes(SourceTable table) {
    return of(walSubject(table)).wholeMessages;
  }

  boolean isComplete() {
    return next == messages.size();
  }

  void publishAll() {
    publishTo(messages.size());
  }

  /**
   * Publishes messages up to number {@code end}, each once the one before it is stored, and then as
   * many as it takes until all of them can be read: some come before their schema.
   */
  void publishTo(int end) {
    while (next < end || (!schemasMissing.isEmpty() && !isComplete())) {
      publish(messages.get(next++));
    }
  }

  /**
   * Places between two messages, in order, the last one behind the last message. One is within a
   * message of several packets, where there is one.
   */
  Set<Integer> cuts(RandomGenerator random, int count) {
    var small = new ArrayList<Integer>();
    var large = new ArrayList<Integer>();
    var inside = new ArrayList<Integer>();
    for (int i = 1; i < messages.size(); i++) {
      var message = messages.get(i);
      boolean isWal = message.subject().startsWith(walPrefix);
      boolean isFirstPacket = message.payload()[0] == 0 && message.payload()[1] == 0;
      (isWal && !isFirstPacket ? inside : message.subject().endsWith(BULK) ? large : small).add(i);
    }
    var cuts = new TreeSet<Integer>(Set.of(messages.size()));
    for (int i = 0; i < count; i++) {
      var part = i == 0 && !inside.isEmpty() ? inside : i < 3 ? large : small;
      cuts.add(part.get(random.nextInt(part.size())));
    }
    return cuts;
  }

  private String walSubject(SourceTable table) {
    return walPrefix + table.namespace() + "." + table.table();
  }

  private Published of(String subject) {
    return published.computeIfAbsent(subject, unseen -> new Published());
  }

  private void publish(CapturedMessage captured) {
    var subject = of(captured.subject());
    subject.lastSequence = publisher.store(captured).getSeqno();
    var whole = subject.assembler.accept(subject.lastSequence, captured.payload());
    if (whole != null) {
      subject.wholeMessages++;
      keepAccountOfSchemas(captured.subject().startsWith(walPrefix), whole);
    }
  }

  private void keepAccountOfSchemas(boolean isWal, WireMessage whole) {
    if (isWal) {
      long fingerprint = WalDecoder.fingerprint(whole);
      if (!schemas.contains(fingerprint)) {
        schemasMissing.add(fingerprint);
      }
      return;
    }
    var fingerprint = SchemaMessage.parse(whole).fingerprint();
    if (fingerprint != null) {
      schemas.add(fingerprint.bits());
      schemasMissing.remove(fingerprint.bits());
    }
  }

  @Override
  public void close() {
    publisher.close();
  }
}
