package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.WirePublisher;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Targets that write text in another way, or that compare it in another way. */
final class ForeignTextIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final String FRENCH = "d\u00e9j\u00e0 vu";

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final TableWire words =
      TableWire.of("app", "words")
          .column("word", "text", TableWire.Flag.KEY)
          .column("others", "text[]");
  private final WirePublisher publisher = path.publisher(Generation.OLD);

  @Test
  void textIsStoredInTheTargetsOwnEncoding() throws Throwable {
    PostgresDatabase utf8 = path.target();
    String name = utf8.name() + "_latin";
    utf8.execute(
        "create database %s encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0"
            .formatted(name));
    PostgresDatabase latin = utf8.server().database(name);
    latin.execute(
        "create schema copy", "create table copy.words (word text primary key, others text[])");
    apply(
        latin,
        () -> {
          publish(words.insert(WalTx.of(1), FRENCH, List.of(FRENCH, "\u00fc")));
          awaitValue(latin, "select count(*) from copy.words", "1");
          assertThat(latin.query("select word, others[2], octet_length(word) from copy.words"))
              .containsExactly(List.of(FRENCH, "\u00fc", Integer.toString(FRENCH.length())));

          publish(words.insert(WalTx.of(2), "5 \u20ac", List.of()));
          awaitValue(latin, "select state from _creek_consumer.subscriptions", "failed");
          assertThat(latin.value("select reason from _creek_consumer.subscriptions"))
              .contains("22P05");
        });
    path.consumer().close();
    latin.drop();
  }

  @Test
  void keysThatACollationTakesForEqualAreFound() throws Throwable {
    PostgresDatabase database = path.target();
    database.execute(
        "create schema copy",
        "create collation copy.any_case"
            + " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "create table copy.words (word text collate copy.any_case primary key, others text[])");
    apply(
        database,
        () -> {
          publish(words.insert(WalTx.of(1), "Word", List.of("a")));
          publish(words.insert(WalTx.of(2), "gone", List.of("a")));
          publish(
              words.update(WalTx.of(3), words.row("Word", null), words.row("WORD", List.of("b"))));
          publish(words.delete(WalTx.of(4), words.row("gone", null)));
          publish(words.insert(WalTx.of(5), "Gone", List.of("c")));
          awaitValue(
              database,
              "select string_agg(word || others[1], ' ' order by word) from copy.words",
              "Gonec WORDb");
        });
  }

  private void publish(WalBytes message) {
    publisher.publish(words.source(), message);
    publisher.flush();
  }

  private void apply(PostgresDatabase database, ThrowingRunnable changes) throws Throwable {
    publisher.publishSchema(words);
    path.consumer(path.options(DatabaseOptions.of(database.patientUri())))
        .tables()
        .add(new Mapping(words.source(), new TargetTable("copy", "words")))
        .block(PATIENCE);
    path.running(changes);
  }

  private static void awaitValue(PostgresDatabase database, String sql, String expected) {
    await().atMost(PATIENCE).until(() -> expected.equals(database.value(sql)));
  }
}
