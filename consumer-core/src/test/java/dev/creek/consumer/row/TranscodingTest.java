package dev.creek.consumer.row;

import static dev.creek.consumer.row.Targets.changes;
import static dev.creek.consumer.row.Targets.column;
import static dev.creek.consumer.row.Targets.notNull;
import static dev.creek.consumer.row.Targets.rows;
import static dev.creek.consumer.row.Targets.target;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WireField;
import dev.creek.consumer.wire.WireMessage;
import dev.creek.consumer.wire.WireType;
import dev.creek.consumer.wire.WireType.ArrayOf;
import dev.creek.consumer.wire.WireType.Plain;
import dev.creek.consumer.wire.WireType.Slot;
import dev.creek.consumer.wire.WireType.Undecodable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the matrix of values against PostgreSQL cannot show: refusals, and bytes no encoder writes.
 */
final class TranscodingTest {
  private static final WalTx TX = WalTx.of(1);
  private static final TargetColumn ID = notNull("id", PgType.INT4);

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of("uuid", PgType.UUID, "", "not a uuid"),
        Arguments.of("uuid", PgType.UUID, "0123456789abcdef0123456789abcdef", "not a uuid"),
        Arguments.of("uuid", PgType.UUID, "0123456x-89ab-cdef-0123-456789abcdef", "not a uuid"),
        Arguments.of("uuid", PgType.UUID, "01234567-89ab-cdef-0123-456789abcd\u0660", "not a uuid"),
        Arguments.of("uuid", PgType.UUID, "01234567089ab-cdef-0123-456789abcdef", "not a uuid"),
        Arguments.of("numeric(4,2)", PgType.NUMERIC, new byte[0], "a decimal without bytes"),
        Arguments.of(
            "numeric(4,2)", PgType.NUMERIC, new byte[70_000], "a decimal of too many digits"),
        Arguments.of("date", PgType.DATE, Integer.MAX_VALUE, "out of range for date"),
        Arguments.of("date", PgType.DATE, Integer.MIN_VALUE, "out of range for date"),
        // One day before 4714-11-24 BC, one behind 5874897-12-31.
        Arguments.of("date", PgType.DATE, -2_440_589, "out of range for date"),
        Arguments.of("date", PgType.DATE, 2_145_042_906, "out of range for date"),
        Arguments.of("time", PgType.TIME, -1L, "out of range for time"),
        Arguments.of("time", PgType.TIME, 86_400_000_001L, "out of range for time"),
        Arguments.of("time", PgType.TIME, "infinity", "infinite, which its type cannot be"),
        Arguments.of("timestamp", PgType.TIMESTAMP, Long.MIN_VALUE, "out of range for timestamp"),
        Arguments.of(
            "timestamptz",
            PgType.TIMESTAMPTZ,
            -210_866_803_200_000_001L,
            "out of range for timestamp"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void valuesThatPostgresqlCannotHoldAreRefused(
      String wireType, PgType type, Object value, String why) {
    var table = TableWire.of("app", "t").column("id", "int4", Flag.KEY).column("v", wireType);
    var plan = ChangePlan.of(table.walSchema(), target(List.of("id"), ID, column("v", type)));
    var changes = changes(table, table.insert(TX, 1, value));
    assertThatThrownBy(() -> plan.fold(changes))
        .isInstanceOf(MessageException.class)
        .hasMessage("message at sequence 1: column \"v\": " + why);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void theSameValuesAreRefusedInArrays(String wireType, PgType type, Object value, String why) {
    if (wireType.equals("uuid")) {
      // A literal carries them as they are; PostgreSQL refuses them.
      return;
    }
    var table =
        TableWire.of("app", "t").column("id", "int4", Flag.KEY).column("v", wireType + "[]");
    var array = column("v", type.arrayOid(), type.sqlName() + "[]");
    var plan = ChangePlan.of(table.walSchema(), target(List.of("id"), ID, array));
    var changes = changes(table, table.insert(TX, 1, List.of(value)));
    assertThatThrownBy(() -> plan.fold(changes))
        .isInstanceOf(MessageException.class)
        .hasMessage("message at sequence 1: column \"v\": " + why);
  }

  @ParameterizedTest
  @CsvSource({"int4, INT2, 32768", "int4, INT2, -32769", "int8, INT4, 2147483648"})
  void integersThatANarrowerColumnCannotHoldAreForTheColumnToMend(
      String wireType, PgType type, long value) {
    var table = TableWire.of("app", "t").column("id", "int4", Flag.KEY).column("v", wireType);
    var plan = ChangePlan.of(table.walSchema(), target(List.of("id"), ID, column("v", type)));
    Object wide = wireType.equals("int8") ? (Object) value : (Object) (int) value;
    var changes = changes(table, table.insert(TX, 1, wide));
    assertThatThrownBy(() -> plan.fold(changes))
        .isInstanceOfSatisfying(
            ShapeMismatchException.class,
            e -> {
              assertThat(e)
                  .hasMessageStartingWith("message at sequence 1: column \"v\" of ")
                  .hasMessageNotContaining(Long.toString(value));
              assertThat(e.hint()).endsWith("ALTER COLUMN \"v\" TYPE " + wireType + ";");
            });
  }

  @Test
  void theLastDayAndTheFirstAreInRange() {
    assertThat(PgTime.days(2_145_042_905)).isEqualTo(2_145_031_948);
    assertThat(PgTime.days(-2_440_588)).isEqualTo(-2_451_545);
    assertThat(PgTime.micros(-210_866_803_200_000_000L)).isEqualTo(-211_813_488_000_000_000L);
    assertThat(PgTime.micros(Long.MAX_VALUE)).isLessThan(Long.MAX_VALUE);
  }

  private interface Writer {
    void write(BinaryEncoder encoder) throws IOException;
  }

  private static WireMessage row(Writer writer) throws IOException {
    var out = new ByteArrayOutputStream();
    var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    writer.write(encoder);
    encoder.flush();
    return new WireMessage(out.toByteArray(), 0, out.size(), 5, 5);
  }

  private static WireField field(String name, Slot slot, boolean repeated) {
    return new WireField(name, slot, "", false, repeated);
  }

  private static Slot plain(WireType type) {
    return new Slot(false, -1, 0, -1, type);
  }

  @Test
  void repeatedFieldsAreReadOver() throws IOException {
    var shape =
        new RecordShape(
            List.of(
                field("id", plain(Plain.INT), false),
                field("id", plain(Plain.INT), true),
                field("v", plain(Plain.STRING), false),
                field("v", plain(Plain.STRING), true)));
    var plan = RowPlan.of(shape, target(List.of("id"), ID, column("v", PgType.TEXT)));
    assertThat(plan.columns()).extracting(PlanColumn::name).containsExactly("id", "v");
    assertThat(plan.key().columns()).containsExactly("id");
    var rows =
        plan.transcode(
            List.of(
                row(
                    out -> {
                      out.writeInt(1);
                      out.writeInt(2);
                      out.writeString("first");
                      out.writeString("second");
                    })));
    assertThat(rows(plan.columns(), rows)).containsExactly(List.of("1", "first"));
  }

  @Test
  void rowsInTheMiddleOfAnArrayAreRead() throws IOException {
    var shape = new RecordShape(List.of(field("v", plain(Plain.STRING), false)));
    var plan = RowPlan.of(shape, target(List.of(), column("v", PgType.TEXT)));
    byte[] row = row(out -> out.writeString("abc")).bytes();
    byte[] data = new byte[row.length + 10];
    System.arraycopy(row, 0, data, 4, row.length);
    var rows = plan.transcode(List.of(new WireMessage(data, 4, row.length, 1, 2)));
    assertThat(rows(plan.columns(), rows)).containsExactly(List.of("abc"));
    var cut = new WireMessage(data, 4, row.length - 1, 1, 2);
    assertThatThrownBy(() -> plan.transcode(List.of(cut)))
        .isInstanceOf(MessageException.class)
        .hasMessageStartingWith("message at sequence 2: column \"v\": ");
  }

  private static RowPlan arrayPlan(Slot item) {
    var shape = new RecordShape(List.of(field("v", plain(new ArrayOf(item)), false)));
    return RowPlan.of(shape, target(List.of(), column("v", PgType.TEXT.arrayOid(), "text[]")));
  }

  private static String literal(RowPlan plan, Writer writer) throws IOException {
    return rows(plan.columns(), plan.transcode(List.of(row(writer)))).get(0).get(0);
  }

  @Test
  void arraysMayComeInSeveralBlocksWithAndWithoutTheirSize() throws IOException {
    var literal =
        literal(
            arrayPlan(plain(Plain.INT)),
            out -> {
              out.writeLong(2);
              out.writeInt(1);
              out.writeInt(-20);
              out.writeLong(-1);
              out.writeLong(2);
              out.writeInt(300);
              out.writeLong(0);
            });
    assertThat(literal).isEqualTo("{1,-20,300}");
  }

  @Test
  void itemsMayBeNull() throws IOException {
    var nullable = new Slot(true, 0, 1, -1, Plain.STRING);
    var literal =
        literal(
            arrayPlan(nullable),
            out -> {
              out.writeLong(2);
              out.writeIndex(0);
              out.writeIndex(1);
              out.writeString("NULL");
              out.writeLong(0);
            });
    assertThat(literal).isEqualTo("{NULL,\"NULL\"}");
  }

  @Test
  void anArrayThatPromisesMoreThanThereIsIsAnError() throws IOException {
    var plan = arrayPlan(plain(Plain.INT));
    var endless =
        row(
            out -> {
              out.writeLong(Long.MAX_VALUE);
              out.writeInt(1);
            });
    assertThatThrownBy(() -> plan.transcode(List.of(endless))).isInstanceOf(MessageException.class);
  }

  @Test
  void ofWhatCannotBeDecodedOnlyNullCanBeRead() throws IOException {
    var nullable = new Slot(true, 0, 1, -1, new Undecodable("no scale"));
    var shape = new RecordShape(List.of(field("v", nullable, false)));
    var plan = RowPlan.of(shape, target(List.of(), column("v", PgType.NUMERIC)));
    var none = row(out -> out.writeIndex(0));
    assertThat(rows(plan.columns(), plan.transcode(List.of(none))))
        .containsExactly(Collections.singletonList(null));
    var some =
        row(
            out -> {
              out.writeIndex(1);
              out.writeBytes(new byte[] {1});
            });
    assertThatThrownBy(() -> plan.transcode(List.of(none, some)))
        .hasMessage(
            "message at sequence 5: column \"v\": a value that cannot be decoded (no scale)");
  }

  @Test
  void bytesForANumericAreNotTheTextOfAJson() throws IOException {
    var nullable = new Slot(true, 0, 1, -1, Plain.BYTES);
    var shape = new RecordShape(List.of(field("v", nullable, false)));
    var plan = RowPlan.of(shape, target(List.of(), column("v", PgType.NUMERIC)));
    assertThat(plan.columns().get(0).cast()).isNull();
    var some =
        row(
            out -> {
              out.writeIndex(1);
              out.writeBytes(new byte[] {'7'});
            });
    assertThatThrownBy(() -> plan.transcode(List.of(some))).isInstanceOf(MessageException.class);
  }

  @Test
  void anUnknownUnionBranchIsAnError() throws IOException {
    var nullable = new Slot(true, 0, 1, -1, Plain.INT);
    var shape = new RecordShape(List.of(field("v", nullable, false)));
    var plan = RowPlan.of(shape, target(List.of(), column("v", PgType.INT4)));
    var third = row(out -> out.writeIndex(2));
    assertThatThrownBy(() -> plan.transcode(List.of(third))).isInstanceOf(MessageException.class);
  }

  @Test
  void noRowsAreEmpty() {
    var shape = new RecordShape(List.of(field("v", plain(Plain.INT), false)));
    var plan = RowPlan.of(shape, target(List.of(), column("v", PgType.INT4)));
    assertThat(plan.transcode(List.of())).isEqualTo(RowColumns.EMPTY);
  }

  @Test
  void columnsGrowToWhateverTheirValuesNeed() {
    var column = new ValueColumn(0);
    for (int i = 0; i < 1000; i++) {
      column.addLong(i);
    }
    column.addBytes(new byte[100_000], 0, 100_000);
    column.addNull();
    assertThat(column.size()).isEqualTo(1000 * 12 + 100_004 + 4);
    assertThat(column.count()).isEqualTo(1002);
    assertThat(column.view().getLong(999 * 12 + 4)).isEqualTo(999);
    assertThat(column.view().isReadOnly()).isTrue();
  }
}
