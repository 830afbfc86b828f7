package dev.creek.consumer.app.bench;

import java.util.OptionalDouble;

/** Processor seconds of the servers since their start; empty where the system does not tell. */
record ServerTimes(OptionalDouble target, OptionalDouble source, OptionalDouble broker) {

  /** Adds to a run what was used from these until then. */
  Measured untilNow(ServerTimes now, Measured run) {
    return run.with(Metric.TARGET_CPU, minus(now.target, target))
        .with(Metric.SOURCE_CPU, minus(now.source, source))
        .with(Metric.BROKER_CPU, minus(now.broker, broker));
  }

  private static OptionalDouble minus(OptionalDouble now, OptionalDouble then) {
    return now.isPresent() && then.isPresent()
        ? OptionalDouble.of(now.getAsDouble() - then.getAsDouble())
        : OptionalDouble.empty();
  }
}
