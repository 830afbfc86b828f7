package dev.creek.consumer.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** A producer that is replaced by one of the other generation, which writes to another stream. */
class ChangedProducerIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int ROWS = 40;

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final PostgresDatabase source = path.source();
  private final Positions positions = Positions.inMemory();

  /** Identities of the changes that came, in order. */
  private final List<Integer> ids = new CopyOnWriteArrayList<>();

  private void insert(int from, int to) {
    for (int id = from; id <= to; id++) {
      source.execute("insert into items values (" + id + ")");
    }
  }

  private CreekSource open() {
    return CreekSource.create(
        SourceOptions.builder(
                BrokerOptions.builder(path.broker().uri())
                    .frontierInterval(Duration.ofMillis(300))
                    .build())
            .positions(positions)
            .build());
  }

  private Mono<Void> follow(CreekSource creek, String tables) {
    return creek
        .changes(source.name() + ".public." + tables)
        .forEachTransaction(tx -> Mono.fromRunnable(() -> tx.changes().forEach(this::handle)));
  }

  private void handle(Change<Row> change) {
    ids.add(((Change.Insert<Row>) change).row().getInteger("id"));
  }

  private void read(String tables, int until) {
    try (CreekSource creek = open()) {
      Disposable running = follow(creek, tables).subscribe();
      Awaitility.await().atMost(PATIENCE).until(() -> ids.contains(until));
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> positions.load().block(PATIENCE).position().committedAt() != null);
      running.dispose();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"items", "*"})
  void aReaderGoesOnInItsStreamAndMissesNothing(String tables) {
    source.execute("create table items (id int primary key)");
    TestProducer old = path.produce(Generation.OLD);
    insert(1, ROWS);
    read(tables, ROWS);
    String stream = positions.load().block(PATIENCE).position().stream().name();
    old.stop();

    path.produce(Generation.NEW);
    insert(ROWS + 1, 2 * ROWS);
    read(tables, 2 * ROWS);

    assertThat(ids.stream().distinct())
        .containsExactlyElementsOf(IntStream.rangeClosed(1, 2 * ROWS).boxed().toList());
    assertThat(positions.load().block(PATIENCE).position().stream().name()).isNotEqualTo(stream);
    // And once more, within the new stream.
    insert(2 * ROWS + 1, 3 * ROWS);
    read(tables, 3 * ROWS);
    assertThat(ids.subList(ids.size() - ROWS, ids.size()))
        .containsExactlyElementsOf(IntStream.rangeClosed(2 * ROWS + 1, 3 * ROWS).boxed().toList());
  }

  /** Nothing comes in the former stream any more, and no error would ever say so. */
  @ParameterizedTest
  @ValueSource(strings = {"items", "*"})
  void aReaderThatRunsGoesThereByItself(String tables) {
    source.execute("create table items (id int primary key)");
    TestProducer old = path.produce(Generation.OLD);
    List<Integer> alone = new CopyOnWriteArrayList<>();
    try (CreekSource creek = open()) {
      Disposable running = follow(creek, tables).subscribe();
      // And one that keeps no position.
      Disposable looking =
          creek
              .changes(source.name() + ".public." + tables)
              .positions(Positions.inMemory())
              .startAt(Start.EARLIEST)
              .changes()
              .subscribe(change -> alone.add(((Change.Insert<Row>) change).row().getInteger("id")));
      insert(1, ROWS);
      Awaitility.await().atMost(PATIENCE).until(() -> ids.contains(ROWS) && alone.contains(ROWS));
      old.stop();

      path.produce(Generation.NEW);
      insert(ROWS + 1, 2 * ROWS);

      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> ids.contains(2 * ROWS) && alone.contains(2 * ROWS));
      running.dispose();
      looking.dispose();
    }
    for (List<Integer> one : List.of(ids, alone)) {
      assertThat(one.stream().distinct())
          .containsExactlyElementsOf(IntStream.rangeClosed(1, 2 * ROWS).boxed().toList());
    }
  }
}
