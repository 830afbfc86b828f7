package dev.creek.consumer.stream;

import dev.creek.consumer.control.TargetTable;
import reactor.core.publisher.Flux;

/**
 * The instances that share a target database: each table is applied by one of them. Who owns what
 * is only about who works; that two never write is for the epoch of a {@link Claim} to see to.
 * Thread-safe.
 */
public interface Replicas {

  /**
   * Takes part while subscribed to: emits the present share at once, and again whenever instances
   * have come or gone. Outages do not end it. Cancelling leaves, so that the others take over at
   * once.
   */
  Flux<Share> shares();

  /** The tables that are this instance's to apply. Immutable. */
  interface Share {
    /** Everything: where nobody else is there. */
    Share ALL = target -> true;

    boolean owns(TargetTable target);
  }
}
