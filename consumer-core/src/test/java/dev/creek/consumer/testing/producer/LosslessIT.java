package dev.creek.consumer.testing.producer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Without defects, who applies our wire has what the source has; exceptions are told. */
final class LosslessIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  /** What no wire can carry; see WIRE: numerics without a scale, NULLs in arrays, names. */
  private static final Set<String> TOLD =
      Set.of(
          "num_free",
          "num_neg_scale",
          "num_small",
          "arr_numeric",
          "arr_num_ps",
          "arr_bool",
          "arr_bpchar",
          "arr_date",
          "arr_float4",
          "arr_float8",
          "arr_int2",
          "arr_int4",
          "arr_int8",
          "arr_json",
          "arr_jsonb",
          "arr_text",
          "arr_time",
          "arr_timestamp",
          "arr_timestamptz",
          "arr_uuid",
          "arr_varchar",
          "col_space",
          "col_dash",
          "col_uni",
          "col_digit",
          "col_quote",
          "with space",
          "dot.name",
          "ünïcode",
          "dash-name",
          "1digit",
          "star*gt>",
          "plain");

  @RegisterExtension
  final PostgresExtension postgres = PostgresExtension.own(PostgresServer.builder().version(15));

  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  @ParameterizedTest
  @CsvSource({
    "OLD, 1024, CREEK_wal, CREEK_schema",
    "NEW, 1, CREEK_wal_golden, CREEK_schema_golden"
  })
  void theWireHasWhatTheSourceHas(
      Generation generation, int inFlight, String walStream, String schemaStream) throws Exception {
    var database = postgres.server().createDatabase("golden");
    var dialect = new Dialect(generation, Set.of());
    try (var workload = new GoldenWorkload(database);
        var producer =
            TestProducer.builder()
                .source(database.uri())
                .nats(nats.server().uri())
                .generation(generation)
                .inFlight(inFlight)
                .start()) {
      for (String file : new String[] {"w1", "w2", "w3", "w4", "w5"}) {
        workload.file(file);
      }
      workload.copy();
      workload.interleaved();
      workload.big(1, "x".repeat(3_000_000));
      producer.awaitCaughtUp(PATIENCE);

      assertThat(producer.drops().stream().map(Drop::table).collect(Collectors.toSet()))
          .isEqualTo(TOLD);
      var replay =
          new WireReplay(WireReplay.schemas(StreamReader.read(nats.server().uri(), schemaStream)));
      replay.apply(StreamReader.read(nats.server().uri(), walStream), dialect.isOld());
      var compared = new TreeSet<String>();
      for (Relation table : keyedTables(database).values()) {
        assertThat(replay.rows(table.qualifiedName()))
            .as(table.qualifiedName())
            .isEqualTo(replay.sourceRows(database, table, dialect));
        compared.add(table.name());
      }
      assertThat(compared)
          .contains("toasty", "bulk", "copied", "u_bytea", "u_tstzrange", "jb", "inter", "bigmsg");
    }
  }

  /**
   * Tables with a key that never changed their columns. Not gen, whose catalog has a column that
   * the WAL has not, and not part, which lost rows with a partition.
   */
  private static Map<String, Relation> keyedTables(PostgresDatabase database) throws Exception {
    var tables = new TreeMap<String, Relation>();
    var settings =
        new ProducerSettings(
            Source.of(database.uri()),
            "golden",
            "creek_pub",
            "creek_pub",
            List.of(),
            "",
            "CREEK",
            new Dialect(Generation.OLD, Set.of()),
            1,
            Duration.ZERO);
    try (var connection = database.connect()) {
      for (var row :
          database.query(
              "select tablename from pg_publication_tables p where schemaname = 'app' and tablename"
                  + " not in ('evolve', 'renamed_tbl', 'gen', 'part')")) {
        var table = SnapshotTable.find(connection, settings, "app", row.get(0)).orElseThrow();
        if (table.relation().replicaIdentity() == 'd'
            && !table.relation().keyColumns().isEmpty()
            && !TOLD.contains(table.relation().name())) {
          tables.put(table.relation().name(), table.relation());
        }
      }
    }
    return tables;
  }
}
