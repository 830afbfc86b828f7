package dev.creek.consumer.stream;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TargetTable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The instances that share a target database: each table is applied by one of them. The shares
 * decide only which instance works; the epoch of a {@link Claim} ensures that two never write.
 * Thread-safe.
 */
public interface Replicas {

  /**
   * Takes part while subscribed to. Emits the present share as soon as this instance has written
   * its heartbeat, and again whenever instances have come or gone; without demand only the newest.
   * Outages do not end it, and change nothing: the last share stays in effect. Errors with {@link
   * DatabaseException} only if waiting does not help. May be subscribed to several times.
   *
   * @param until ends it: this instance leaves, so that the others take over at once, and the flux
   *     completes. Cancelling leaves as well, without a way to wait for that
   */
  Flux<Share> shares(Publisher<?> until);

  /**
   * The processes that are connected now, in the order of their start, including those that are
   * {@link Instance#isLate late}.
   */
  Flux<Instance> instances();

  /**
   * Tells whether an instance that takes a share may be working: one of {@link #instances}, or one
   * that lost its session within the last 10 s and may come back.
   */
  Mono<Boolean> mayServe();

  /**
   * Runs {@code work} on a table that no pipeline of another instance touches meanwhile, as a
   * snapshot needs: pipelines wait until it has ended, or this process has died. Begins once the
   * others can see it. An instance whose pipeline already has the table is fenced by the claim that
   * {@code work} makes.
   */
  <T> Flux<T> reserving(TargetTable target, Publisher<T> work);

  /** The tables that this instance applies. Immutable. */
  interface Share {
    /** All tables, if there is no other instance. */
    Share ALL = unit -> true;

    /** No table, before the share is known. */
    Share NONE = unit -> false;

    /**
     * Tells whether a unit of sharing belongs to this instance. For exactly one of the instances
     * that agree it returns true.
     *
     * @param unit a table that is applied alone, as its text; or a group of tables
     */
    boolean ownsUnit(String unit);

    /**
     * The units in which all instances share tables that are in no named group. While any of them
     * groups tables by database, all share them by database, however they apply them: so that they
     * agree on whose a table is.
     */
    default Grouping grouping() {
      return Grouping.TABLE;
    }

    /** Tells whether a table that is applied alone belongs to it, subscribed or not. */
    default boolean owns(TargetTable target) {
      return ownsUnit(target.toString());
    }

    /** Tells whether a group, with all of its tables, belongs to it. */
    default boolean owns(TableGroup group) {
      // No table's text has a colon outside of quotes.
      return ownsUnit("group:" + group);
    }
  }
}
