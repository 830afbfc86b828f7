package dev.creek.consumer.app.http;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.List;

/** The samples of one metric, gathered for one answer. */
final class Samples {
  private record Sample(Labels labels, double value) {}

  private final String name;
  private final String help;
  private final List<Sample> samples = new ArrayList<>();

  /**
   * @param name without the ending that its kind adds to it ({@code _total})
   */
  Samples(String name, String help) {
    this.name = name;
    this.help = help;
  }

  /**
   * @param labels names and values in turn
   */
  Samples add(double value, String... labels) {
    samples.add(new Sample(Labels.of(labels), value));
    return this;
  }

  /** A count: exact up to 2^53, like all values in Prometheus. */
  Samples add(long value, String... labels) {
    return add((double) value, labels);
  }

  /** Always 1: the labels have the information. Its name gets the ending {@code _info}. */
  MetricSnapshot info() {
    var info = InfoSnapshot.builder().name(name).help(help);
    for (Sample sample : samples) {
      info.dataPoint(InfoDataPointSnapshot.builder().labels(sample.labels()).build());
    }
    return info.build();
  }

  MetricSnapshot gauge() {
    var gauge = GaugeSnapshot.builder().name(name).help(help);
    for (Sample sample : samples) {
      gauge.dataPoint(
          GaugeDataPointSnapshot.builder().labels(sample.labels()).value(sample.value()).build());
    }
    return gauge.build();
  }

  MetricSnapshot counter() {
    var counter = CounterSnapshot.builder().name(name).help(help);
    for (Sample sample : samples) {
      counter.dataPoint(
          CounterDataPointSnapshot.builder().labels(sample.labels()).value(sample.value()).build());
    }
    return counter.build();
  }
}
