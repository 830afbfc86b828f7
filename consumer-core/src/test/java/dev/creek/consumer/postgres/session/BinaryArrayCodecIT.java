package dev.creek.consumer.postgres.session;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.row.PgType;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.TargetColumn;
import dev.creek.consumer.row.TargetShape;
import dev.creek.consumer.row.ValueColumn;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WireField;
import dev.creek.consumer.wire.WireMessage;
import dev.creek.consumer.wire.WireType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;

/** Binary arrays as the server understands them. */
final class BinaryArrayCodecIT {
  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private Sessions sessions;

  @BeforeEach
  void open() {
    PostgresDatabase database = postgres.freshDatabase();
    sessions = new Sessions(DatabaseOptions.of(database.patientUri()));
  }

  @AfterEach
  void close() {
    await(sessions.close());
  }

  private List<String> unnested(BinaryArray... arrays) {
    return await(
        sessions.use(
            "arrays",
            session ->
                Flux.fromArray(arrays)
                    .concatMap(
                        array ->
                            session.query(
                                "select coalesce(array_ndims($1), 0) || ':' || $1::text",
                                statement -> statement.bind(0, array),
                                row -> row.get(0, String.class)))
                    .collectList()));
  }

  /** A nullable text column with these values. */
  private static ValueColumn texts(String... values) {
    var slot = new WireType.Slot(true, 0, 1, -1, WireType.Plain.STRING);
    var shape = new RecordShape(List.of(new WireField("v", slot, "text", false, false)));
    var column = new TargetColumn("v", PgType.TEXT.oid(), "text", false, false, false, false);
    var plan = RowPlan.of(shape, new TargetShape("public", "t", List.of(column), List.of(), true));
    var rows = new ArrayList<WireMessage>();
    for (String value : values) {
      byte[] text = value == null ? new byte[0] : value.getBytes(StandardCharsets.UTF_8);
      byte[] row = new byte[value == null ? 1 : 2 + text.length];
      // Avro: the branch, then length and bytes; both numbers are small and zigzag.
      if (value != null) {
        row[0] = 2;
        row[1] = (byte) (text.length * 2);
        System.arraycopy(text, 0, row, 2, text.length);
      }
      rows.add(new WireMessage(row, 0, row.length, 1, 1));
    }
    return plan.transcode(rows).columns().get(0);
  }

  @Test
  void bindsValuesNullsAndNothingAtAll() {
    assertThat(
            unnested(
                new BinaryArray(PgType.TEXT, texts("a", null, "", "ü{},\"")),
                new BinaryArray(PgType.TEXT, new ValueColumn(0)),
                new BinaryArray(PgType.TEXT, texts("again"))))
        .containsExactly("1:{a,NULL,\"\",\"ü{},\\\"\"}", "0:{}", "1:{again}");
  }

  @Test
  void bindsEveryTypeWithItsOwnArrayType() {
    var empty = new ValueColumn(0);
    var arrays =
        Arrays.stream(PgType.values())
            .map(type -> new BinaryArray(type, empty))
            .toArray(BinaryArray[]::new);
    assertThat(unnested(arrays)).containsOnly("0:{}").hasSize(PgType.values().length);
  }

  @Test
  void tellsNoValuesInItsText() {
    assertThat(new BinaryArray(PgType.TEXT, texts("secret"))).hasToString("text[1]");
  }
}
