package dev.creek.consumer.postgres.snapshot;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.stream.SnapshotWriter;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.wire.WireMessage;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;

/**
 * Measures how fast a snapshot's rows get into a table once they are in memory: seconds for a
 * million, by mode. Run its {@code main} on the test class path; nothing asserts on it, since
 * machines differ.
 */
final class SnapshotSpeed {
  private static final int CHUNK_ROWS = 5000;
  private static final int CHUNKS = 200;
  private static final int ROUNDS = 3;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private static final TableWire ITEMS =
      TableWire.of("app", "items")
          .column("id", "int4", KEY)
          .column("v", "int4")
          .column("name", "text")
          .column("ts", "timestamptz");

  private SnapshotSpeed() {}

  public static void main(String[] args) {
    try (PostgresServer server = PostgresServer.builder().version(15).fsync(true).start()) {
      var database = server.createDatabase();
      var target = PostgresTarget.connect(DatabaseOptions.of(database.patientUri()));
      target.subscriptions().migrate().block(LIMIT);
      for (int round = 0; round < ROUNDS; round++) {
        database.execute(
            "drop table if exists items cascade",
            "create table items (id int primary key, v int, name text, ts timestamptz)");
        measure(target, "clean, copied and swapped in", SnapshotMode.CLEAN);
        measure(target, "upsert, all rows there", SnapshotMode.UPSERT);
        database.execute("create view w as select * from items");
        measure(target, "clean, in place, all rows equal", SnapshotMode.CLEAN);
        database.execute("delete from items", "vacuum items");
        measure(target, "clean, in place, into an empty table", SnapshotMode.CLEAN);
        database.execute("drop view w", "alter table items alter v type numeric");
        measure(target, "clean, one column cast", SnapshotMode.CLEAN);
      }
      target.close().block(LIMIT);
    }
  }

  @SuppressWarnings("SystemOut") // a program to be run by hand
  private static void measure(PostgresTarget target, String what, SnapshotMode mode) {
    var load = new Load(target, ITEMS);
    load.open(mode);
    SnapshotWriter writer = load.writer();
    List<List<WireMessage>> chunks = chunks(load);
    long opened = System.nanoTime();
    Flux.range(0, CHUNKS)
        .concatMap(i -> writer.prepare(chunks.get(i)), 1)
        .concatMap(writer::write, 1)
        .blockLast(LIMIT);
    long loaded = System.nanoTime();
    writer.finish(new Handover(Load.RESUME, Load.AHEAD_UNTIL), step -> {}).block(LIMIT);
    long finished = System.nanoTime();
    writer.close().block(LIMIT);
    System.out.printf(
        Locale.ROOT,
        "%-38s %5.2f s: loaded in %5.2f s (%,.0f rows/s), finished in %5.2f s%n",
        what,
        (finished - opened) / 1e9,
        (loaded - opened) / 1e9,
        CHUNK_ROWS * CHUNKS / ((loaded - opened) / 1e9),
        (finished - loaded) / 1e9);
  }

  /** One chunk's names and values with other keys: the same bytes would fit in a cache. */
  private static List<List<WireMessage>> chunks(Load load) {
    return IntStream.range(0, CHUNKS)
        .mapToObj(
            chunk ->
                IntStream.range(chunk * CHUNK_ROWS, (chunk + 1) * CHUNK_ROWS)
                    .mapToObj(
                        id -> load.message(id, id * 7, "x".repeat(40), 1_700_000_000_000_000L + id))
                    .toList())
        .toList();
  }
}
