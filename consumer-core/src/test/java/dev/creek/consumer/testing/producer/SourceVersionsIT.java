package dev.creek.consumer.testing.producer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same workload gives the same messages, whatever PostgreSQL it is run on. */
final class SourceVersionsIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  static List<Integer> versions() {
    return PostgresServer.versions();
  }

  @ParameterizedTest
  @MethodSource("versions")
  void messagesDoNotDependOnTheVersion(int version) throws Exception {
    try (var server = PostgresServer.builder().version(version).start()) {
      var source = server.createDatabase("shop");
      source.execute(
          "create table items (id int, region text, note text, primary key (id, region))"
              + " partition by list (region)",
          "create table items_eu partition of items for values in ('eu')",
          "create table items_us partition of items for values in ('us')",
          "create table notes (id int primary key, note text)",
          "alter table notes alter note set storage external");
      try (var producer =
          TestProducer.builder()
              .source(source.uri())
              .nats(nats.server().uri())
              .generation(Generation.OLD)
              .start()) {
        source.execute(
            "insert into items values (1, 'eu', 'a'), (2, 'us', 'b')",
            "update items set region = 'us' where id = 1",
            "insert into notes values (1, repeat('x', 10000))",
            "update notes set id = 2");
        producer.awaitCaughtUp(PATIENCE); // else the row would be gone before its value is read
        source.execute("truncate items, notes");
        producer.awaitCaughtUp(PATIENCE);
      }
    }
    assertThat(
            CapturedWire.assemble(StreamReader.read(nats.server().uri(), "CREEK_wal")).stream()
                .map(message -> CapturedWire.envelope(message.bytes(), true))
                .map(e -> e.table() + ' ' + e.op() + ' ' + e.images().length))
        .containsExactly(
            "items c 9",
            "items c 9",
            "items d 6",
            "items c 9",
            "notes c 10007",
            "notes u_pk 10008",
            "items t 2",
            "notes t 2");
  }
}
