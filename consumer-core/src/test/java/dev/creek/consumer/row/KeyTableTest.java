package dev.creek.consumer.row;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class KeyTableTest {

  /** Keys as tables have them, which differ in a few bits in few places. */
  static Stream<Named<BiConsumer<Integer, ValueColumn>>> families() {
    return Stream.of(
        Named.of("int4 in a row", (i, key) -> key.addInt(i)),
        Named.of("int4 far apart", (i, key) -> key.addInt(i << 20)),
        Named.of("int8 in a row", (i, key) -> key.addLong(i)),
        Named.of("int8 of milliseconds", (i, key) -> key.addLong(i * 1000L)),
        Named.of("two int4", (i, key) -> addTwo(i, key)),
        Named.of("text that ends in a number", (i, key) -> addText("customer-" + i, key)),
        Named.of("text that begins with a number", (i, key) -> addText(i + "-customer", key)));
  }

  private static void addTwo(int i, ValueColumn key) {
    key.addInt(i / 32);
    key.addInt(i % 32);
  }

  private static void addText(String text, ValueColumn key) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    key.addBytes(bytes, 0, bytes.length);
  }

  @ParameterizedTest
  @MethodSource("families")
  void keysSpreadOverTheTable(BiConsumer<Integer, ValueColumn> family) {
    var slots = new HashSet<Integer>();
    for (int i = 0; i < 1024; i++) {
      var key = new ValueColumn(64);
      family.accept(i, key);
      slots.add(KeyTable.hash(key.array(), 0, key.size()) & 4095);
    }
    // By chance 1024 keys meet 906 of 4096 slots. Clustered ones make folding quadratic.
    assertThat(slots).hasSizeGreaterThan(860);
  }

  @Test
  void equalKeysHaveOneNumberAndOthersTheNext() {
    var random = new Random(11);
    var table = new KeyTable();
    for (int batch = 0; batch < 20; batch++) {
      int keys = random.nextInt(500);
      table.clear(2 * keys);
      var numbers = new HashMap<Integer, Integer>();
      for (int i = 0; i < keys; i++) {
        int value = random.nextInt(200);
        table.bytes().addInt(value);
        int expected = numbers.getOrDefault(value, numbers.size());
        numbers.put(value, expected);
        assertThat(table.intern()).isEqualTo(expected);
      }
      assertThat(table.size()).isEqualTo(numbers.size());
      assertThat(table.bytes().size()).isEqualTo(8 * numbers.size());
    }
  }
}
