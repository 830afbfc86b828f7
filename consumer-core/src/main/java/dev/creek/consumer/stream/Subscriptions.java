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
 * What is subscribed: the table {@code subscriptions}. Thread-safe. Errors: {@link
 * DatabaseException}.
 */
public interface Subscriptions {

  /** Creates the control schema, or brings it up to date, keeping what the Go consumer left. */
  Mono<Void> migrate();

  /** All rows, in order of target. */
  Flux<Subscription> all();

  /**
   * The same with the states as they are now: what is stored is what the table's instance said
   * last, and holds only while that one is there. Else a state is {@link TableState.Name#UNKNOWN},
   * or waiting where no instance has the table any more; failures and gaps stay what they are.
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
   * Subscribes a table that has no position yet, or was never claimed with the one that it has.
   * Wakes running services.
   *
   * @param position where it begins
   * @return errors with {@link DatabaseException} where it has one, or another source
   */
  Mono<Subscription> begin(Mapping mapping, Position position);

  /**
   * Sets inactive, keeping the position; false where there is no such subscription. Wakes running
   * services.
   */
  Mono<Boolean> deactivate(TargetTable target);

  /**
   * Shows how far tables are behind, in whole seconds, and of those that are empty that it is not
   * known.
   */
  Mono<Void> noteLags(Map<TargetTable, Optional<Duration>> lags);

  /**
   * Has a failed table pass over the message that it stopped at, and no other; from its next claim
   * on. Again where that was so already.
   *
   * @return what it failed with; empty where it has not stopped at this message
   */
  Mono<String> skip(TargetTable target, long sequence);
}
