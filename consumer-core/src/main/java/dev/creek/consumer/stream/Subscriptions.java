package dev.creek.consumer.stream;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The subscribed tables: the table {@code subscriptions}. Thread-safe. Errors: {@link
 * DatabaseException}.
 */
public interface Subscriptions {

  /** Creates the control schema, or migrates it, keeping the data of the Go consumer. */
  Mono<Void> migrate();

  /** All rows, ordered by target. */
  Flux<Subscription> all();

  /**
   * The same with the current states. A stored state was reported by the table's instance, and
   * holds only while that instance is alive. Otherwise the state is {@link
   * TableState.Name#UNKNOWN}, or waiting if no instance has the table any more; failures and gaps
   * stay.
   */
  Flux<Subscription> present();

  /**
   * Emits (coalesced) whenever the rows may have changed: at start, on NOTIFY, after each
   * reconnect, and on a slow tick. Outages do not end it.
   */
  Flux<Signal> changes();

  /** A wake-up without content. */
  enum Signal {
    WAKE
  }

  /**
   * Subscribes, or re-activates keeping the position (the source must then be the same). Wakes
   * running services.
   */
  Mono<Subscription> activate(Mapping mapping);

  /**
   * Subscribes a table that has no position yet, or has one but was never claimed. Wakes running
   * services.
   *
   * @param position where it begins
   * @return errors with {@link DatabaseException} if it has one, or another source
   */
  Mono<Subscription> begin(Mapping mapping, Position position);

  /**
   * Makes a subscription inactive, keeping the position; false if there is no such subscription.
   * Wakes running services.
   */
  Mono<Boolean> deactivate(TargetTable target);

  /** Stores the lag of tables, in whole seconds; an empty value means that it is not known. */
  Mono<Void> noteLags(Map<TargetTable, Optional<Duration>> lags);

  /**
   * Makes a failed table skip the message at which it stopped, and no other, from its next claim
   * on. Repeating this has no further effect.
   *
   * @return the table's error; empty if it has not stopped at this message
   */
  Mono<String> skip(TargetTable target, long sequence);
}
