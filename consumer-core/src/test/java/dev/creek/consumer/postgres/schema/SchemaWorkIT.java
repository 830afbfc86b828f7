package dev.creek.consumer.postgres.schema;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaDifference.Work;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.catalog.TargetCatalog;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.row.Retype;
import dev.creek.consumer.row.TargetShape;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.TableWire;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a plan says that the server does for a statement is what the oldest and newest do. */
final class SchemaWorkIT {
  /** A target's type, the source's, and a value. */
  private static final List<List<String>> TYPES =
      List.of(
          List.of("int2", "int4", "7"),
          List.of("int4", "int8", "7"),
          List.of("int4", "numeric(12,2)", "7"),
          List.of("int8", "numeric(19,0)", "7"),
          List.of("float4", "float8", "1.5"),
          List.of("numeric(10,2)", "numeric(12,2)", "1.25"),
          List.of("numeric(10,2)", "numeric(12,4)", "1.25"),
          List.of("date", "timestamp", "2024-01-01"),
          List.of("json", "jsonb", "{}"),
          List.of("varchar(10)", "varchar", "x"),
          List.of("varchar(10)", "text", "x"),
          List.of("char(10)", "bpchar", "x"),
          List.of("char(10)", "text", "x"),
          List.of("timestamp(3)", "timestamp", "2024-01-01"),
          List.of("timestamptz(0)", "timestamptz", "2024-01-01"),
          List.of("time(0)", "time", "12:00"),
          List.of("int4", "text", "7"),
          List.of("uuid", "text", "00000000-0000-0000-0000-000000000001"),
          List.of("int4[]", "int8[]", "{7}"),
          List.of("varchar(10)[]", "varchar[]", "{x}"));

  @ParameterizedTest
  @ValueSource(ints = {13, 18})
  void theServerWritesRowsAnewExactlyWhereThePlanSaysSo(int version) {
    try (PostgresServer server = PostgresServer.builder().version(version).start()) {
      PostgresDatabase database = server.createDatabase("works");
      var sessions = new Sessions(DatabaseOptions.of(database.uri()));
      try {
        for (int i = 0; i < TYPES.size(); i++) {
          check(database, sessions, "t" + i, TYPES.get(i));
        }
      } finally {
        await(sessions.close());
      }
    }
  }

  private static void check(
      PostgresDatabase database, Sessions sessions, String table, List<String> types) {
    database.execute(
        "create table %s (id int primary key, v %s)".formatted(table, types.get(0)),
        "insert into %s values (1, '%s')".formatted(table, types.get(2)),
        "create index on %s (id)".formatted(table));
    SchemaDifference difference = difference(sessions, table, types.get(1));
    String before = file(database, table);
    database.execute(difference.sql().toArray(String[]::new));
    assertThat(difference.kind()).as("%s", types).isEqualTo(SchemaDifference.Kind.TYPE_WIDER);
    assertThat(difference.work() == Work.REWRITE)
        .as("rows of %s are written anew", types)
        .isEqualTo(!file(database, table).equals(before));
    assertThat(difference(sessions, table, types.get(1)).kind())
        .as("%s afterwards", types)
        .isEqualTo(SchemaDifference.Kind.TYPE_OTHER);
  }

  private static SchemaDifference difference(Sessions sessions, String table, String source) {
    var field =
        TableWire.of("public", table).column("v", source).walSchema().after().columns().get(0);
    TargetShape shape =
        await(
                sessions.use(
                    "catalog",
                    session -> TargetCatalog.find(session, new TargetTable("public", table))))
            .shape();
    return Retype.refused(shape, shape.columns().get(1), field);
  }

  private static String file(PostgresDatabase database, String table) {
    return database.value("select pg_relation_filenode('public.%s')".formatted(table));
  }
}
