package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A table that nobody has changed since its producer began: nothing of it is published. */
final class IdleTableIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  @ParameterizedTest
  @EnumSource(Generation.class)
  void isCreatedAsASnapshotThatItsProducerIsAskedForTells(Generation generation) {
    PostgresDatabase source = postgres.freshDatabase();
    PostgresDatabase target = postgres.freshDatabase();
    source.execute("create table idle (id int primary key, amount numeric(10,2), note text)");
    source.execute("insert into idle values (1, 1.50, 'there before its producer')");
    try (TestProducer producer = producer(source, generation);
        CreekConsumer consumer = consumer(target)) {
      assertThat(consumer.tables().isPublished(mapping(source).source()).block(PATIENCE)).isFalse();
      assertThat(consumer.tables().create(mapping(source)).block(PATIENCE)).isTrue();
      assertThat(
              target.query(
                  "select column_name || ' ' || data_type from information_schema.columns where table_schema = 'copy' order by ordinal_position"))
          .hasToString("[[id integer], [amount numeric], [note text]]");
      assertThat(target.query("select from copy.idle")).as("created, not filled").isEmpty();
      assertThat(consumer.tables().create(mapping(source)).block(PATIENCE))
          .as("the snapshot is there by now")
          .isFalse();
      producer.dropSlot();
    }
  }

  @Test
  void saysThatNobodyAnsweredWhereThereIsNoProducer() {
    PostgresDatabase source = postgres.freshDatabase();
    PostgresDatabase target = postgres.freshDatabase();
    source.execute("create table idle (id int primary key)");
    try (TestProducer producer = producer(source, Generation.NEW)) {
      producer.dropSlot();
    }
    try (CreekConsumer consumer = consumer(target)) {
      assertThatThrownBy(() -> consumer.tables().create(mapping(source)).block(PATIENCE))
          .isInstanceOf(ShapeMismatchException.class)
          .hasMessageContaining("no schema of " + mapping(source).source() + " has been published")
          .extracting(error -> ((ShapeMismatchException) error).hint())
          .asString()
          .startsWith("check the name")
          .contains("asked for in vain");
    }
  }

  private static Mapping mapping(PostgresDatabase source) {
    return Mapping.parse(source.name() + ".public.idle:copy.idle");
  }

  private TestProducer producer(PostgresDatabase source, Generation generation) {
    return TestProducer.builder()
        .source(source.uri())
        .slot(source.name())
        .nats(nats.server().uri())
        .generation(generation)
        .start();
  }

  private CreekConsumer consumer(PostgresDatabase target) {
    return CreekConsumer.create(
        ConsumerOptions.of(
            BrokerOptions.builder(nats.server().uri()).build(),
            DatabaseOptions.of(target.patientUri())));
  }
}
