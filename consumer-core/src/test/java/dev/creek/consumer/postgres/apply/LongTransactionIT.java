package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.postgres.TargetDatabase;
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
  private static final int PARTS = 100;
  private static final int ROWS = 200;

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  @Test
  void holdsOnePartAtATime() {
    database.execute("create table items (id int primary key, v text)");
    var wire = TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");
    var line = database.line(wire);
    var tx = WalTx.of(1);
    // 100 parts of 200 rows of 50 kB are 1 GB, more than a test JVM may have.
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
        .isEqualTo("20000 50000");
  }
}
