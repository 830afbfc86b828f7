package dev.creek.consumer.app.bench;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is to be applied, waiting in JetStream.
 *
 * @param snapshot null where it is changes
 * @param contents what the target must hold in the end, as {@link Contents} says it
 * @param feed the source where it happened; null where only the broker's store is left of it
 */
record Input(
    Dataset dataset,
    @Nullable Published snapshot,
    Map<String, String> contents,
    @Nullable Feed feed) {

  /**
   * A snapshot.
   *
   * @param topic its name
   */
  record Published(String topic, Snapshot.Mode mode) {}

  /** The source of a contender that needs one. */
  Feed source() {
    if (feed == null) {
      throw new IllegalStateException("the source of " + dataset.name() + " is gone");
    }
    return feed;
  }
}
