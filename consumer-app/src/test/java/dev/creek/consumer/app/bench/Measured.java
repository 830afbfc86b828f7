package dev.creek.consumer.app.bench;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What one run gave. Immutable.
 *
 * @param values what could be measured here, by what it is
 */
record Measured(Map<Metric, Double> values) {
  static final Measured NOTHING = new Measured(Map.of());

  Measured {
    EnumMap<Metric, Double> copy = new EnumMap<>(Metric.class);
    copy.putAll(values);
    values = Collections.unmodifiableMap(copy);
  }

  /** With one value more; NaN is none. */
  Measured with(Metric metric, double value) {
    if (Double.isNaN(value)) {
      return this;
    }
    EnumMap<Metric, Double> more = new EnumMap<>(Metric.class);
    more.putAll(values);
    more.put(metric, value);
    return new Measured(more);
  }

  /** As {@link #with(Metric, double)} where there is a value. */
  Measured with(Metric metric, OptionalDouble value) {
    return value.isPresent() ? with(metric, value.getAsDouble()) : this;
  }

  /** With the time that this many changes took. */
  Measured took(double seconds, long changes) {
    return with(Metric.SECONDS, seconds)
        .with(Metric.CHANGES, (double) changes)
        .with(Metric.CHANGES_PER_SECOND, changes / seconds);
  }

  OptionalDouble value(Metric metric) {
    Double value = values.get(metric);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
