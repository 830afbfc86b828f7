package dev.creek.consumer.jetstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.Packet;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.testing.CapturedMessage;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.MessageAssembler;
import dev.creek.consumer.wire.SchemaMessage;
import io.nats.client.impl.Headers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the real producer wrote, in a real JetStream, comes out as it went in. */
@EachReader
final class GoldenReadIT {
  @Parameter private BrokerOptions.Reader reader;

  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  @ParameterizedTest
  @EnumSource
  void everyTablesPacketsComeOutAsTheyWentIn(Generation generation) {
    var wal = new GoldenCapture(generation).wal();
    try (var broker = new Broker(nats.server(), reader)) {
      load(broker, generation, "wal", wal);
      var log = connect(broker);
      var tables = byTable(wal);
      Map<SourceTable, List<Packet>> read =
          Flux.fromIterable(tables.entrySet())
              .flatMap(table -> read(log, table.getKey(), table.getValue()), 256)
              .collectMap(Read::table, Read::packets)
              .block(Reading.LIMIT);
      assertThat(log.generation(GoldenCapture.DATABASE).block()).isEqualTo(generation);
      assertThat(read).hasSameSizeAs(tables);
      tables.forEach((table, messages) -> assertSame(messages, read.get(table)));
      log.close().block();
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyTablesSchemasAreFound(Generation generation) {
    var capture = new GoldenCapture(generation);
    try (var broker = new Broker(nats.server(), reader)) {
      load(broker, generation, "wal", capture.wal().subList(0, 1));
      load(broker, generation, "schema", capture.schemas());
      var log = connect(broker);
      byTable(capture.schemas())
          .forEach(
              (table, messages) -> {
                newest(messages)
                    .forEach(
                        (fingerprint, text) ->
                            assertThat(log.publishedSchema(table, fingerprint).block())
                                .isEqualTo(new ChangeLog.PublishedSchema(fingerprint, text)));
              });
      log.close().block();
    }
  }

  private record Read(SourceTable table, List<Packet> packets) {}

  private static Mono<Read> read(
      JetStreamLog log, SourceTable table, List<CapturedMessage> messages) {
    return log.state(table)
        .flatMapMany(state -> log.read(table, new StartAt.Beginning(), state.stream()))
        .flatMapIterable(delivery -> delivery.packets())
        .take(messages.size())
        .collectList()
        .map(packets -> new Read(table, packets));
  }

  private static void assertSame(List<CapturedMessage> messages, List<Packet> packets) {
    assertThat(packets).hasSameSizeAs(messages);
    for (int i = 0; i < packets.size(); i++) {
      assertThat(packets.get(i).sequence()).isEqualTo(messages.get(i).sequence());
      assertThat(packets.get(i).data()).isEqualTo(messages.get(i).payload());
    }
  }

  private static Map<Fingerprint, String> newest(List<CapturedMessage> messages) {
    var assembler = new MessageAssembler(1 << 24);
    var texts = new HashMap<Fingerprint, String>();
    for (CapturedMessage message : messages) {
      var whole = assembler.accept(message.sequence(), message.payload());
      if (whole != null) {
        SchemaMessage schema = SchemaMessage.parse(whole);
        if (schema.fingerprint() != null) {
          texts.put(schema.fingerprint(), schema.schema());
        }
      }
    }
    return texts;
  }

  private static JetStreamLog connect(Broker broker) {
    return Objects.requireNonNull(JetStreamLog.connect(broker.options().build()).block());
  }

  private static Map<SourceTable, List<CapturedMessage>> byTable(List<CapturedMessage> messages) {
    return messages.stream()
        // A table by the name of star*gt> has a subject, but none that could be asked for alone.
        .filter(message -> message.subject().indexOf('*') < 0)
        .collect(
            Collectors.groupingBy(
                message -> table(message.subject()), LinkedHashMap::new, Collectors.toList()));
  }

  private static SourceTable table(String subject) {
    var tokens = subject.split("\\.", -1);
    return new SourceTable(
        GoldenCapture.DATABASE, tokens[tokens.length - 2], tokens[tokens.length - 1]);
  }

  private static void load(
      Broker broker, Generation generation, String kind, List<CapturedMessage> messages) {
    String name = messages.get(0).stream();
    broker.createStream(
        name,
        generation == Generation.NEW
            ? name + ".>"
            : GoldenCapture.NAMESPACE + "." + GoldenCapture.DATABASE + "." + kind + ".>");
    List<CompletableFuture<?>> open = new ArrayList<>();
    for (CapturedMessage message : messages) {
      var headers = new Headers();
      // Under another name: published within two minutes, equal ids would be dropped.
      message.headers().forEach((key, values) -> headers.add("X-" + key, values));
      open.add(
          Broker.call(() -> broker.connection.jetStream())
              .publishAsync(message.subject(), headers, message.payload()));
    }
    open.forEach(CompletableFuture::join);
  }
}
