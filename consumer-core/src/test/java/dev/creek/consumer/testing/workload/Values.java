package dev.creek.consumer.testing.workload;

import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where a column's values come from: as text, as PostgreSQL's input functions take it. */
@FunctionalInterface
interface Values {
  /** Every eighth value of a nullable column. */
  int NULL_EVERY = 8;

  /** A value for the row with this id; null for NULL. */
  @Nullable String next(Random random, int id);

  /** The remarkable ones and what a function makes up, half and half. */
  static Values of(List<String> remarkable, Function<Random, String> any) {
    return (random, id) ->
        random.nextBoolean()
            ? remarkable.get(random.nextInt(remarkable.size()))
            : any.apply(random);
  }

  static Values oneOf(String... values) {
    return (random, id) -> values[random.nextInt(values.length)];
  }

  /** A value for each id, always the same. */
  static Values byId(Function<Integer, String> value) {
    return (random, id) -> value.apply(id);
  }

  default Values orNull() {
    return (random, id) -> random.nextInt(NULL_EVERY) == 0 ? null : next(random, id);
  }

  /** One-dimensional arrays without NULLs, the empty one among them: what the wire carries. */
  default Values array() {
    return (random, id) -> {
      StringBuilder array = new StringBuilder("{");
      int elements = random.nextInt(4);
      for (int i = 0; i < elements; i++) {
        String element = next(random, id);
        array
            .append(i == 0 ? "\"" : ",\"")
            .append(element.replace("\\", "\\\\").replace("\"", "\\\""))
            .append('"');
      }
      return array.append('}').toString();
    };
  }
}
