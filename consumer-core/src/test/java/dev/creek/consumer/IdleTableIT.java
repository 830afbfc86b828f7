package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A table that nobody has changed since its producer began: nothing of it is published. */
final class IdleTableIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private final CreekConsumer consumer = path.consumer();
  private final Mapping mapping = path.mapping("idle", "copy.idle");

  @ParameterizedTest
  @EnumSource(Generation.class)
  void isCreatedAsASnapshotThatItsProducerIsAskedForTells(Generation generation) {
    source.execute("create table idle (id int primary key, amount numeric(10,2), note text)");
    source.execute("insert into idle values (1, 1.50, 'there before its producer')");
    path.produce(generation);
    assertThat(consumer.tables().isPublished(mapping.source()).block(PATIENCE)).isFalse();
    assertThat(consumer.tables().create(mapping).block(PATIENCE)).isTrue();
    assertThat(
            target.query(
                "select column_name || ' ' || data_type from information_schema.columns where table_schema = 'copy' order by ordinal_position"))
        .hasToString("[[id integer], [amount numeric], [note text]]");
    assertThat(target.query("select from copy.idle")).as("created, not filled").isEmpty();
    assertThat(consumer.tables().create(mapping).block(PATIENCE))
        .as("the snapshot is there by now")
        .isFalse();
  }

  @Test
  void saysThatNobodyAnsweredWhereThereIsNoProducer() {
    source.execute("create table idle (id int primary key)");
    path.produce(Generation.NEW).stop();
    assertThatThrownBy(() -> consumer.tables().create(mapping).block(PATIENCE))
        .isInstanceOf(ShapeMismatchException.class)
        .hasMessageContaining("no schema of " + mapping.source() + " has been published")
        .extracting(error -> ((ShapeMismatchException) error).hint())
        .asString()
        .startsWith("check the name")
        .contains("asked for in vain");
  }
}
