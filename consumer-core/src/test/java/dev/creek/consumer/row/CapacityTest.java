package dev.creek.consumer.row;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CapacityTest {
  @ParameterizedTest
  @CsvSource({
    "INT4, -1, INT8, -1, true",
    "INT8, -1, INT4, -1, false",
    "INT8, -1, NUMERIC, -1, true",
    "INT8, -1, FLOAT8, -1, false",
    "FLOAT4, -1, FLOAT8, -1, true",
    "FLOAT8, -1, FLOAT4, -1, false",
    "DATE, -1, TIMESTAMPTZ, -1, true",
    "DATE, -1, TIMESTAMP, 0, false",
    "TIMESTAMPTZ, -1, TIMESTAMPTZ, 3, false",
    "TIMESTAMPTZ, 3, TIMESTAMPTZ, 6, true",
    "VARCHAR, 14, VARCHAR, 14, true",
    "VARCHAR, 14, VARCHAR, 9, false",
    "VARCHAR, -1, VARCHAR, 9, false",
    "VARCHAR, 9, TEXT, -1, true",
    "TEXT, -1, VARCHAR, -1, true",
    "TEXT, -1, VARCHAR, 9, false",
    "BPCHAR, 9, VARCHAR, 14, true",
    "VARCHAR, 9, BPCHAR, 14, false",
    "UUID, -1, TEXT, -1, true",
    "TEXT, -1, UUID, -1, false",
    "TEXT, -1, INT4, -1, false",
    "JSONB, -1, JSON, -1, true",
  })
  void holdsWhatNoValueIsLostOf(
      PgType source, int modifier, PgType target, int targetModifier, boolean holds) {
    assertThat(Capacity.holds(column(source, modifier), column(target, targetModifier)))
        .isEqualTo(holds);
  }

  @ParameterizedTest
  @CsvSource({
    "10, 2, 12, 4, true",
    "10, 2, 10, 2, true",
    "10, 2, 10, 3, false",
    "10, 2, 12, 1, false",
    "20, 0, 10, 0, false",
  })
  void countsDigitsOnBothSidesOfThePoint(
      int precision, int scale, int targetPrecision, int targetScale, boolean holds) {
    assertThat(
            Capacity.holds(
                column(PgType.NUMERIC, modifier(precision, scale)),
                column(PgType.NUMERIC, modifier(targetPrecision, targetScale))))
        .isEqualTo(holds);
  }

  @ParameterizedTest
  @CsvSource({"INT2, 5, true", "INT4, 9, false", "INT4, 10, true", "INT8, 19, true"})
  void countsTheDigitsOfWholeNumbers(PgType source, int digits, boolean holds) {
    assertThat(Capacity.holds(column(source, -1), column(PgType.NUMERIC, modifier(digits + 2, 2))))
        .isEqualTo(holds);
  }

  private static int modifier(int precision, int scale) {
    return (precision << 16 | scale) + 4;
  }

  private static TargetColumn column(PgType type, int modifier) {
    return new TargetColumn(
        "v",
        type.oid(),
        type.sqlName(),
        false,
        false,
        false,
        false,
        new TargetType(type.oid(), modifier, false, true, false, type.sqlName()),
        false);
  }
}
