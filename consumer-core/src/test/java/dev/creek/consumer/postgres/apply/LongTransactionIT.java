package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;

/** A transaction far larger than what a batch, or this JVM, could hold at once. */
final class LongTransactionIT {
  private static final int PARTS = 150;
  private static final int ROWS = 200;

  @RegisterExtension
  static final PostgresExtension postgres =
      PostgresExtension.own(PostgresServer.builder().version(15));

  @Test
  void holdsOnePartAtATime(PostgresDatabase database) {
    var target = PostgresTarget.connect(DatabaseOptions.of(database.patientUri()));
    await(target.subscriptions().migrate());
    database.execute("create table items (id int primary key, v text)");
    var wire = TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");
    var line = new Line(target, wire);
    var tx = WalTx.of(1);
    // 150 parts of 200 rows of 50 kB are 1.5 GB, twice what a test JVM may have.
    String wide = "x".repeat(50_000);
    List<Applied> applied =
        Flux.range(0, PARTS)
            .concatMap(
                part -> {
                  List<WalBytes> rows =
                      IntStream.range(part * ROWS, (part + 1) * ROWS)
                          .mapToObj(id -> wire.insert(tx, id, wide))
                          .toList();
                  return line.applying(line.batch(part == PARTS - 1, rows));
                },
                0)
            .collectList()
            .block(Duration.ofMinutes(5));
    assertThat(applied).hasSize(1);
    assertThat(applied.get(0).inserts()).isEqualTo(PARTS * ROWS);
    assertThat(database.value("select count(*) || ' ' || min(length(v)) from items"))
        .isEqualTo("30000 50000");
    await(target.close());
  }
}
