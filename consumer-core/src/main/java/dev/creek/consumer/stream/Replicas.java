package dev.creek.consumer.stream;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.TargetTable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The instances that share a target database: each table is applied by one of them. Who owns what
 * is only about who works; that two never write is for the epoch of a {@link Claim} to see to.
 * Thread-safe.
 */
public interface Replicas {

  /**
   * Takes part while subscribed to: emits the present share as soon as this instance has shown
   * itself, and again whenever instances have come or gone, the newest only where nobody asks.
   * Outages do not end it, and change nothing: the last share holds through them. Errors with
   * {@link DatabaseException} only where waiting is no help. May be subscribed to several times.
   *
   * @param until ends it: leaves, so that the others take over at once, and then completes.
   *     Cancelling leaves as well, without a way to wait for that
   */
  Flux<Share> shares(Publisher<?> until);

  /**
   * The processes that are connected now, in the order in which they came; also those that are
   * {@link Instance#isLate late}.
   */
  Flux<Instance> instances();

  /**
   * Tells whether an instance that takes a share may be at work: one of {@link #instances}, or one
   * that has lost its session within the last 10 s and may come back.
   */
  Mono<Boolean> mayServe();

  /**
   * Runs {@code work} on a table that no line of another instance touches meanwhile, as a snapshot
   * needs it: lines wait until it has ended, or this process has died. Begins once the others can
   * see it; whose line has the table already is fenced by the claim that {@code work} makes.
   */
  <T> Flux<T> reserving(TargetTable target, Publisher<T> work);

  /** The tables that are this instance's to apply. Immutable. */
  interface Share {
    /** Everything: where nobody else is there. */
    Share ALL = target -> true;

    /** Nothing: before it is known. */
    Share NONE = target -> false;

    /** For any table, subscribed or not: exactly one of the instances that agree answers yes. */
    boolean owns(TargetTable target);
  }
}
