package dev.creek.consumer.testing.producer;

import dev.creek.consumer.wire.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What a producer has done so far, kept from one of its starts to the next. Thread-safe. */
final class Ledger {
  private final AtomicLong published = new AtomicLong();
  private final AtomicLong deduplicated = new AtomicLong();
  private final AtomicLong superseded = new AtomicLong();
  private final AtomicInteger runningSnapshots = new AtomicInteger();
  private final AtomicLong acknowledgedLsn = new AtomicLong();
  private final List<Drop> drops = new ArrayList<>();
  private final Map<String, String> schemas = new ConcurrentHashMap<>();

  void published() {
    published.incrementAndGet();
  }

  void deduplicated() {
    deduplicated.incrementAndGet();
  }

  void superseded() {
    superseded.incrementAndGet();
  }

  void snapshotBegins() {
    runningSnapshots.incrementAndGet();
  }

  void snapshotEnds() {
    runningSnapshots.decrementAndGet();
  }

  int runningSnapshots() {
    return runningSnapshots.get();
  }

  /** Everything that was committed before {@code lsn} is in JetStream, or accounted for. */
  void acknowledged(long lsn) {
    acknowledgedLsn.accumulateAndGet(lsn, (a, b) -> Long.compareUnsigned(a, b) > 0 ? a : b);
  }

  void drop(Relation relation, Operation operation, String reason, long transactionId) {
    synchronized (drops) {
      drops.add(new Drop(relation.namespace(), relation.name(), operation, reason, transactionId));
    }
  }

  /** Keeps a schema's message for the API; as in the real one's table, the first one stays. */
  void schema(String fingerprint, String message) {
    schemas.putIfAbsent(fingerprint, message);
  }

  Optional<String> schema(String fingerprint) {
    return Optional.ofNullable(schemas.get(fingerprint));
  }

  long publishedMessages() {
    return published.get();
  }

  long deduplicatedMessages() {
    return deduplicated.get();
  }

  long supersededUpdates() {
    return superseded.get();
  }

  long acknowledgedLsn() {
    return acknowledgedLsn.get();
  }

  List<Drop> drops() {
    synchronized (drops) {
      return List.copyOf(drops);
    }
  }
}
