package dev.creek.consumer.row;

import static dev.creek.consumer.row.Targets.column;
import static dev.creek.consumer.row.Targets.notNull;
import static dev.creek.consumer.row.Targets.target;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.testing.TableWire;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The hint that gives a column the source's type: PostgreSQL must take it as it stands. */
final class RetypeTest {

  @ParameterizedTest
  @CsvSource({
    "int8, INT4, int8",
    "'numeric(10,2)', INT4, 'numeric(10,2)'",
    "text, BOOL, text",
    "timestamptz, DATE, timestamptz",
    "json, JSONB, json",
    "timestamptz, BOOL, 'timestamptz USING \"v\"::text::timestamptz'",
    "uuid, INT4, 'uuid USING \"v\"::text::uuid'",
    "int4, TEXT, 'int4 USING \"v\"::text::int4'",
    "int4[], INT4, 'int4[] USING \"v\"::text::int4[]'"
  })
  void saysHowValuesAreCastWherePostgresqlWouldNotKnow(
      String wireType, PgType type, String expected) {
    var wire =
        TableWire.of("app", "t").column("id", "int4", TableWire.Flag.KEY).column("v", wireType);
    var column = column("v", type);
    var shape = target(List.of("id"), notNull("id", PgType.INT4), column);
    var field = wire.walSchema().after().columns().get(1);
    assertThat(Retype.sql(shape, column, field))
        .endsWith(" ALTER COLUMN \"v\" TYPE " + expected + ";");
  }
}
