package dev.creek.consumer.app.bench;

/** What a run is measured by. */
enum Metric {
  /** From the moment that it may begin until the last row is visible at the target. */
  SECONDS("seconds"),
  /** From that moment until the first row is visible. */
  FIRST_ROW_SECONDS("firstRowSeconds"),
  /** Row changes for which the processor seconds were used. */
  CHANGES("changes"),
  /** {@link #CHANGES} by {@link #SECONDS}. */
  CHANGES_PER_SECOND("changesPerSecond"),
  /** Processor seconds of the consumer; none where PostgreSQL itself is the consumer. */
  CONSUMER_CPU("consumerCpuSeconds"),
  /** Processor seconds of the target's server, all of its processes. */
  TARGET_CPU("targetCpuSeconds"),
  /** Processor seconds of the source's server: what logical decoding costs. */
  SOURCE_CPU("sourceCpuSeconds"),
  /** Processor seconds of nats-server. */
  BROKER_CPU("brokerCpuSeconds"),
  /** Most memory that the consumer's process had resident, in its whole life. */
  PEAK_RSS_BYTES("peakRssBytes"),
  /** Heap that the consumer allocated by the end, by changes. */
  ALLOCATED_BYTES("allocatedBytesPerChange"),
  /** From the commit at the source until the change is visible at the target. */
  P50_MILLIS("p50Millis"),
  P90_MILLIS("p90Millis"),
  P99_MILLIS("p99Millis"),
  P999_MILLIS("p999Millis"),
  MAX_MILLIS("maxMillis");

  private final String key;

  Metric(String key) {
    this.key = key;
  }

  /** Its name in JSON. */
  String key() {
    return key;
  }
}
