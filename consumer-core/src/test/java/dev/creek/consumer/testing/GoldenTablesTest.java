package dev.creek.consumer.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class GoldenTablesTest {

  @ParameterizedTest
  @EnumSource
  void everyRowHasAsManyValuesAsItsTableHasColumns(Generation generation) {
    var tables = GoldenTables.of(generation);
    assertThat(tables).hasSizeGreaterThan(100).containsKeys("app.scalars", "app.ünïcode");
    tables.forEach(
        (name, table) ->
            assertThat(table.rows())
                .as(name)
                .allSatisfy(row -> assertThat(row).hasSameSizeAs(table.columns())));
  }

  @Test
  void tellsNullFromEmptyTextAndKeepsQuotesAndLineBreaks() {
    var table = GoldenTables.parse("a,b,c\n,\"\",\"x \"\"y\"\",\nz\"\n");
    assertThat(table.columns()).containsExactly("a", "b", "c");
    assertThat(table.rows()).containsExactly(Arrays.asList(null, "", "x \"y\",\nz"));
  }

  @Test
  void aTableWithoutRowsHasColumns() {
    var table = GoldenTables.of(Generation.OLD).get("app.snap_empty");
    assertThat(table.columns()).isNotEmpty();
    assertThat(table.rows()).isEmpty();
  }
}
