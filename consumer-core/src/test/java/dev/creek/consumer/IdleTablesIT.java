package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What check says of a table that has not changed since its producer came. */
final class IdleTablesIT {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.own();
  @RegisterExtension static final NatsExtension nats = NatsExtension.own();

  @Test
  void areComparedWithWhatASnapshotTellsAndSentToWhatWorks() {
    PostgresDatabase source = postgres.freshDatabase();
    PostgresDatabase target = postgres.freshDatabase();
    source.execute(
        "create table visits (id int primary key, at timestamptz)",
        "insert into visits values (1, now())");
    target.execute("create table narrow (id int primary key, at date)");
    try (TestProducer producer =
            TestProducer.builder()
                .source(source.uri())
                .nats(nats.server().uri())
                .generation(Generation.OLD)
                .start();
        CreekConsumer consumer =
            CreekConsumer.create(
                ConsumerOptions.of(
                    BrokerOptions.builder(nats.server().uri()).build(),
                    DatabaseOptions.of(target.uri())))) {
      var missing = Mapping.parse(source.name() + ".public.visits:public.visits");
      var narrow = Mapping.parse(source.name() + ".public.visits:public.narrow");
      assertThat(fixes(consumer, missing))
          .anyMatch(fix -> fix.startsWith("creek-consumer resync '" + missing + "'"));

      consumer.initialize().block(PATIENCE);
      consumer.snapshots().take(missing, SnapshotMode.CLEAN).blockLast(PATIENCE);
      assertThat(fixes(consumer, narrow))
          .contains("ALTER TABLE \"public\".\"narrow\" ALTER COLUMN \"at\" TYPE timestamptz;");
      assertThat(fixes(consumer, missing))
          .noneMatch(fix -> fix.contains("resync") || fix.startsWith("ALTER TABLE"));
      producer.dropSlot();
    }
  }

  private static List<String> fixes(CreekConsumer consumer, Mapping mapping) {
    List<Finding> findings =
        Objects.requireNonNull(
            consumer.check(List.of(mapping), null).collectList().block(PATIENCE));
    return findings.stream()
        .filter(finding -> finding.about().equals(mapping.toString()))
        .map(Finding::fix)
        .filter(Objects::nonNull)
        .toList();
  }
}
